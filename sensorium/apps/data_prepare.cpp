#include "sensorium/apps/data_prepare.h"

#include "sensorium/data/prepare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace sensorium {
namespace {

struct Options : PrepareOptions {
  bool json = false;
  void describe(OptionSet& o) {
    PrepareOptions::describe(o);
    o.field("json", json, "print the manifest's header as JSON instead of a table");
  }
};

uint64_t number(const OrderedJson& object, const char* key) {
  const auto it = object.find(key);
  return it == object.end() ? 0 : it->get<uint64_t>();
}

/// Splits in a fixed order, then any others.
std::vector<std::string> split_order(const OrderedJson& splits) {
  std::vector<std::string> order{"train", "val", "test"};
  for (const auto& [name, count] : splits.items())
    if (std::find(order.begin(), order.end(), name) == order.end()) order.push_back(name);
  return order;
}

void print_sources(const OrderedJson& header) {
  const std::vector<std::string> splits = split_order(header["splits"]);
  fmt::print("{:<20}{:>9}{:>10}{:>9}{:>9}", "source", "pictures", "captions", "speech", "sounds");
  for (const std::string& split : splits) fmt::print("{:>9}", split);
  fmt::print("\n");
  const auto line = [&](const std::string& name, const OrderedJson& counts) {
    fmt::print("{:<20}{:>9}{:>10}{:>9}{:>9}", name, number(counts, "records"), number(counts, "captions"),
               number(counts["audio"], "speech"), number(counts["audio"], "sound"));
    for (const std::string& split : splits) fmt::print("{:>9}", number(counts["splits"], split.c_str()));
    fmt::print("\n");
  };
  for (const auto& [name, counts] : header["sources"].items()) line(name, counts);
  if (header["sources"].size() > 1) line("all", header);
}

void print_languages(const OrderedJson& languages) {
  std::vector<std::pair<uint64_t, std::string>> order;
  for (const auto& [name, count] : languages.items()) order.emplace_back(count.get<uint64_t>(), name);
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  fmt::print("\ncaptions by language:");
  for (size_t i = 0; i < std::min<size_t>(10, order.size()); ++i)
    fmt::print("{} {} {}", i ? "," : "", order[i].second, order[i].first);
  if (order.size() > 10) fmt::print(" and {} more", order.size() - 10);
  fmt::print("\n");
}

void print_counted(const OrderedJson& counted) {
  if (counted.empty()) return;
  fmt::print("\nleft out or noted:\n");
  for (const OrderedJson& entry : counted)
    fmt::print("{:>9}  {} ({}{})\n", entry["count"].get<uint64_t>(), entry["reason"].get<std::string>(),
               entry["examples"][0].get<std::string>(), entry["count"].get<uint64_t>() > 1 ? ", ..." : "");
}

}  // namespace

int run_data_prepare(const std::vector<std::string>& words) {
  Options options;
  OptionSet set = OptionSet::of(options);
  const CommandInfo info{
      "sensorium data prepare",
      "Reads captioned pictures and writes a manifest: what there is, checked, grouped by near-identity "
      "and split into train, val and test.",
      "sensorium data prepare builtin --out data/builtin\n"
      "sensorium data prepare captions.csv --images photos --out data/photos --languages en"};
  if (!parse_command_line(info, set, words)) return 0;
  const OrderedJson header = prepare_data(options);
  if (options.json) {
    fmt::print("{}\n", header.dump(2, ' ', false, OrderedJson::error_handler_t::replace));
    return 0;
  }
  print_sources(header);
  print_languages(header["languages"]);
  const OrderedJson& groups = header["grouping"];
  fmt::print("near-identical pictures: {} in shared groups, the largest of {}\n",
             number(groups, "pictures_in_shared_groups"), number(groups, "largest_group"));
  print_counted(header["counted"]);
  fmt::print("\nwritten to {}\n", options.out);
  return 0;
}

}  // namespace sensorium
