#include "sensorium/apps/index_commands.h"
#include "sensorium/index/vector_index.h"

#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kInfo{"sensorium index export",
                        "Writes the items as JSON lines, in order of their ids: {\"id\", \"metadata\", \"vectors\": "
                        "[{\"kind\", \"values\"}]}.",
                        "sensorium index export photos.index --output photos.jsonl --vectors"};

constexpr size_t kPage = 256;

struct Options {
  std::string place, output;
  bool vectors = false, json = false;
  void describe(OptionSet& o) {
    o.field("place", place, "the index").positional().required();
    o.field("output", output, "file that is written").required();
    o.field("vectors", vectors, "with the vectors");
    o.field("json", json, "print JSON");
  }
};

OrderedJson to_json(const IndexItem& item, bool with_vectors) {
  OrderedJson json{{"id", item.id}, {"metadata", item.metadata}};
  if (!with_vectors) return json;
  json["vectors"] = OrderedJson::array();
  for (const IndexVector& v : item.vectors) json["vectors"].push_back({{"kind", v.kind}, {"values", v.values}});
  return json;
}

}  // namespace

int run_index_export(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  const auto index = open_index(options.place);
  AtomicFile file(options.output);
  size_t count = 0;
  std::string after;
  for (auto page = index->list(after, kPage, options.vectors); !page.empty();
       page = index->list(after, kPage, options.vectors)) {
    for (const IndexItem& item : page) file.write(to_json(item, options.vectors).dump() + "\n");
    count += page.size();
    after = page.back().id;
  }
  file.commit();
  if (options.json)
    fmt::print("{}\n", OrderedJson{{"output", options.output}, {"items", count}}.dump(2));
  else
    fmt::print("{} items in {}\n", count, options.output);
  return 0;
}

}  // namespace sensorium
