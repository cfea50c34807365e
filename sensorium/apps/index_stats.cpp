#include "sensorium/apps/index_commands.h"
#include "sensorium/index/vector_index.h"

#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kStats{"sensorium index stats", "What an index holds, and what it takes in memory and on disk.",
                         "sensorium index stats photos.index"};
const CommandInfo kCompact{"sensorium index compact",
                           "Brings the structure for searching up to date and gives back what removed items take.",
                           "sensorium index compact photos.index"};

struct Options {
  std::string place;
  bool json = false;
  void describe(OptionSet& o) {
    o.field("place", place, "the index").positional().required();
    o.field("json", json, "print JSON");
  }
};

void print(const IndexStats& stats, bool json) {
  if (json) {
    fmt::print("{}\n", stats.to_json().dump(2, ' ', false, Json::error_handler_t::replace));
    return;
  }
  constexpr double kMega = 1e6;
  fmt::print("{} items, {} vectors of width {}\n", stats.items, stats.vectors, stats.width);
  for (const auto& [kind, count] : stats.kinds) fmt::print("  {:<10} {}\n", kind, count);
  fmt::print("type {}, storage {}", stats.type, stats.storage);
  if (stats.type != "flat") fmt::print(", {} vectors in the structure", stats.built);
  fmt::print("\n{:.1f} MB in memory, {:.1f} MB on disk", static_cast<double>(stats.memory_bytes) / kMega,
             static_cast<double>(stats.disk_bytes) / kMega);
  if (stats.removed > 0) fmt::print("; {} removed vectors still there", stats.removed);
  fmt::print("\nmodel {}\n", stats.model_hash.empty() ? "not named" : stats.model_hash);
  for (const ScoreCalibration& c : stats.calibrations)
    fmt::print("calibrated: {} against {}, probability 0.5 at {:.3f}, cut-off {:.2f}\n", c.modality, c.kind,
               -c.offset / c.slope, c.cut_off);
}

}  // namespace

int run_index_stats(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kStats, set, words)) return 0;
  print(open_index(options.place)->stats(), options.json);
  return 0;
}

int run_index_compact(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kCompact, set, words)) return 0;
  const auto index = open_index(options.place);
  index->compact();
  print(index->stats(), options.json);
  return 0;
}

}  // namespace sensorium
