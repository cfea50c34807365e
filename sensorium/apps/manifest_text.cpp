#include "sensorium/apps/manifest_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace sensorium {
namespace {

/// Splits in a fixed order, then any others.
std::vector<std::string> split_order(const OrderedJson& splits) {
  std::vector<std::string> order{"train", "val", "test"};
  for (const auto& [name, count] : splits.items())
    if (std::find(order.begin(), order.end(), name) == order.end()) order.push_back(name);
  return order;
}

}  // namespace

uint64_t header_number(const OrderedJson& object, const char* key) {
  const auto it = object.find(key);
  return it == object.end() ? 0 : it->get<uint64_t>();
}

void print_manifest_sources(const OrderedJson& header) {
  const std::vector<std::string> splits = split_order(header["splits"]);
  fmt::print("{:<20}{:>9}{:>10}{:>9}{:>9}", "source", "pictures", "captions", "speech", "sounds");
  for (const std::string& split : splits) fmt::print("{:>9}", split);
  fmt::print("\n");
  const auto line = [&](const std::string& name, const OrderedJson& counts) {
    fmt::print("{:<20}{:>9}{:>10}{:>9}{:>9}", name, header_number(counts, "records"), header_number(counts, "captions"),
               header_number(counts["audio"], "speech"), header_number(counts["audio"], "sound"));
    for (const std::string& split : splits) fmt::print("{:>9}", header_number(counts["splits"], split.c_str()));
    fmt::print("\n");
  };
  for (const auto& [name, counts] : header["sources"].items()) line(name, counts);
  if (header["sources"].size() > 1) line("all", header);
}

void print_manifest_languages(const OrderedJson& header) {
  const OrderedJson& languages = header["languages"];
  std::vector<std::pair<uint64_t, std::string>> order;
  for (const auto& [name, count] : languages.items()) order.emplace_back(count.get<uint64_t>(), name);
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  fmt::print("\ncaptions by language:");
  for (size_t i = 0; i < std::min<size_t>(10, order.size()); ++i)
    fmt::print("{} {} {}", i ? "," : "", order[i].second, order[i].first);
  if (order.size() > 10) fmt::print(" and {} more", order.size() - 10);
  fmt::print("\n");
}

void print_counted(const OrderedJson& header) {
  const OrderedJson& counted = header["counted"];
  if (counted.empty()) return;
  fmt::print("\nleft out or noted:\n");
  for (const OrderedJson& entry : counted)
    fmt::print("{:>9}  {} ({}{})\n", entry["count"].get<uint64_t>(), entry["reason"].get<std::string>(),
               entry["examples"][0].get<std::string>(), entry["count"].get<uint64_t>() > 1 ? ", ..." : "");
}

}  // namespace sensorium
