#include "sensorium/data/collect.h"

#include "sensorium/base/hash.h"
#include "sensorium/base/progress.h"
#include "sensorium/base/threads.h"

#include <algorithm>

namespace sensorium {
namespace {

constexpr size_t kBatch = 256;

class Collector {
 public:
  Collector(const MeasureOptions& options, int threads, Collected& out)
      : options_(options), threads_(threads), out_(out), progress_("looking at pictures", 0) {}

  void add(Item&& item) {
    const int uses = ++ids_[stable_hash(item.record.id)];
    if (uses > 1) item.record.id += fmt::format("#{}", uses);
    batch_.push_back(std::move(item));
    if (batch_.size() == kBatch) flush();
  }

  void flush() {
    std::vector<Measured> measured(batch_.size());
    parallel_for(batch_.size(), threads_, [&](size_t i) {
      measured[i] = measure(batch_[i], options_);
      progress_.advance();
    });
    for (size_t i = 0; i < batch_.size(); ++i) keep(batch_[i].record, measured[i]);
    batch_.clear();
  }

 private:
  void keep(const Record& record, const Measured& measured) {
    if (!measured.reason.empty()) return out_.tally.add(measured.reason, measured.example);
    out_.own_split.push_back(split_index(record.split));
    out_.records.add(record);
    out_.fingerprints.push_back(measured.fingerprint);
  }

  uint8_t split_index(const std::string& name) {
    auto& names = out_.split_names;
    const auto it = std::find(names.begin(), names.end(), name);
    if (it == names.end() && names.size() == 256)
      throw InputError("data prepare", "expected at most 255 names of splits, got more, such as \"{}\"", name);
    const auto index = static_cast<uint8_t>(it - names.begin());
    if (it == names.end()) names.push_back(name);
    return index;
  }

  const MeasureOptions& options_;
  int threads_;
  Collected& out_;
  std::vector<Item> batch_;
  std::unordered_map<uint64_t, int> ids_;
  Progress progress_;
};

}  // namespace

void collect(const std::vector<Source>& sources, const MeasureOptions& options, int threads, Collected& out) {
  Collector collector(options, threads, out);
  for (const Source& source : sources) source.read([&](Item&& item) { collector.add(std::move(item)); }, out.tally);
  collector.flush();
}

}  // namespace sensorium
