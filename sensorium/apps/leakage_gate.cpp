#include "sensorium/apps/leakage_gate.h"

#include "sensorium/base/log.h"
#include "sensorium/data/manifest.h"
#include "sensorium/data/seen_pictures.h"

#include <algorithm>

namespace sensorium {

void refuse_seen_pictures(const fs::path& model, const fs::path& data, const std::string& split,
                          const std::vector<std::string>& languages, bool allow, bool need_caption) {
  const auto seen = SeenPictures::load(model);
  if (!seen) return;
  const std::vector<Record> records = load_records(data, {{split}, languages, {}, need_caption});
  const std::vector<SeenMatch> matches = seen->find(records, SeenPictures::kMaxBits, SeenPictures::kMaxColour);
  if (matches.empty()) return;
  const auto exact = std::count_if(matches.begin(), matches.end(), [](const SeenMatch& m) { return m.exact; });
  std::string examples;
  for (size_t i = 0; i < std::min<size_t>(3, matches.size()); ++i)
    examples += (i ? ", " : "") + records[matches[i].record].id;
  const std::string found =
      fmt::format("{} of {} ({} the same file, {} a near copy: {}{})", matches.size(), records.size(), exact,
                  matches.size() - static_cast<size_t>(exact), examples, matches.size() > 3 ? ", ..." : "");
  if (allow)
    spdlog::warn("{}: pictures that {} was trained on: {}", data.string(), model.string(), found);
  else
    throw InputError(
        "evaluate",
        "{}: expected pictures in the split \"{}\" that {} was not trained on, got {}; --allow-seen evaluates "
        "all the same, `sensorium data clean --against` leaves them out",
        data.string(), split, model.string(), found);
}

}  // namespace sensorium
