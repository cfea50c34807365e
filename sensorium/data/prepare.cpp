#include "sensorium/data/prepare.h"

#include "sensorium/base/file.h"
#include "sensorium/data/assign.h"
#include "sensorium/data/collect.h"
#include "sensorium/data/manifest.h"
#include "sensorium/data/record_merge.h"
#include "sensorium/data/statistics.h"

#include <algorithm>

namespace sensorium {
namespace {

constexpr const char* kDrawn = "pictures";

/// For each picture, the later ones that are merged into it.
std::vector<std::vector<uint32_t>> followers(const Assignment& a) {
  std::vector<std::vector<uint32_t>> lists(a.into.size());
  for (uint32_t i = 0; i < a.into.size(); ++i)
    if (a.into[i] != i && a.into[i] != Assignment::kLeftOut) lists[a.into[i]].push_back(i);
  return lists;
}

OrderedJson group_summary(const Assignment& a) {
  uint64_t groups = 0, largest = 0, shared = 0;
  for (const uint32_t size : a.group_size) {
    groups += size > 0;
    shared += size > 1 ? size : 0;
    largest = std::max<uint64_t>(largest, size);
  }
  return {{"groups", groups}, {"pictures_in_shared_groups", shared}, {"largest_group", largest}};
}

/// Options that the result depends on.
OrderedJson options_json(const PrepareOptions& options) {
  PrepareOptions copy = options;
  OrderedJson json = OptionSet::of(copy).to_json();
  json.erase("out");
  json.erase("threads");
  return json;
}

OrderedJson write_manifest(Collected& c, const Assignment& a, const PrepareOptions& options, ManifestWriter& writer) {
  DataStatistics statistics;
  const auto merged = followers(a);
  for (uint32_t i = 0; i < a.into.size(); ++i) {
    Record record = c.records.read(i);
    if (a.into[i] == Assignment::kLeftOut)
      c.tally.add("nearly equal to a picture of another split",
                  fmt::format("{} ({}; {})", record.id, record.split, a.split[a.root[i]]));
    else if (a.into[i] != i)
      c.tally.add("same picture as another (captions merged)", record.id);
    if (a.into[i] != i) continue;
    for (const uint32_t later : merged[i]) merge_record(record, c.records.read(later));
    record.split = a.split[a.root[i]];
    if (a.group_size[a.root[i]] > 1) record.group = a.group_name[a.root[i]];
    statistics.add(record);
    writer.add(record);
  }
  OrderedJson header = statistics.to_json();
  header["grouping"] = group_summary(a);
  header["counted"] = c.tally.to_json();
  header["options"] = options_json(options);
  return header;
}

OrderedJson prepare_into(const fs::path& out, const std::vector<Source>& sources, const PrepareOptions& options) {
  AtomicFolder drawn(out / kDrawn);
  Collected collected;
  const MeasureOptions measures{.min_side = options.min_side,
                                .max_pixels = options.max_pixels,
                                .drawn_folder = drawn.path(),
                                .drawn_prefix = kDrawn};
  collect(sources, measures, options.threads, collected);
  if (collected.fingerprints.empty())
    throw InputError("data prepare", "{}: expected at least one picture with a caption, got none{}",
                     fmt::join(options.sources, ", "), collected.tally.summary());
  if (options.own_splits == "ignore") std::fill(collected.own_split.begin(), collected.own_split.end(), 0);
  const Assignment assignment =
      assign_splits(collected.fingerprints, collected.own_split, collected.split_names,
                    {options.near_bits, options.near_colour}, {options.val, options.test}, options.seed);
  ManifestWriter writer(out);
  const OrderedJson header = write_manifest(collected, assignment, options, writer);
  if (!fs::is_empty(drawn.path())) drawn.commit();
  writer.commit(header);
  return header;
}

}  // namespace

OrderedJson prepare_data(const PrepareOptions& options) {
  if (options.val + options.test > 1)
    throw UsageError("data prepare", "expected --val and --test to sum to at most 1, got {} and {}", options.val,
                     options.test);
  const std::vector<Source> sources = open_sources(options);
  const fs::path out = options.out;
  std::error_code ignored;
  const bool is_new = !fs::exists(out, ignored);
  if (fs::exists(out / kDrawn, ignored) && !fs::exists(out / kManifestFile, ignored))
    throw UsageError("data prepare", "{}: expected no folder \"{}\" of another origin, got one", out.string(), kDrawn);
  try {
    return prepare_into(out, sources, options);
  } catch (...) {
    if (is_new) fs::remove(out, ignored);  // only if empty
    throw;
  }
}

}  // namespace sensorium
