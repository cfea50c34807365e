#include "sensorium/apps/index_commands.h"
#include "sensorium/index/vector_index.h"
#include "sensorium/serve/model/embedder.h"

#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kInfo{"sensorium index remove", "Removes items by their ids.",
                        "sensorium index remove photos.index photos/1.jpg photos/2.jpg\n"
                        "sensorium index remove photos.index --ids gone.txt"};

struct Options {
  std::string place, file;
  std::vector<std::string> ids;
  bool json = false;
  void describe(OptionSet& o) {
    o.field("place", place, "the index").positional().required();
    o.field("items", ids, "ids").positional();
    o.field("ids", file, "file with an id a line");
    o.field("json", json, "print JSON");
  }
};

}  // namespace

int run_index_remove(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  if (!options.file.empty())
    for (std::string& id : read_lines(options.file)) options.ids.push_back(std::move(id));
  if (options.ids.empty()) throw UsageError(kInfo.name, "expected ids, got none");
  const size_t removed = open_index(options.place)->remove(options.ids);
  if (options.json)
    fmt::print("{}\n", OrderedJson{{"removed", removed}, {"unknown", options.ids.size() - removed}}.dump(2));
  else
    fmt::print("{} items removed of {} named\n", removed, options.ids.size());
  return 0;
}

}  // namespace sensorium
