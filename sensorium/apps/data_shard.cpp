#include "sensorium/apps/data_shard.h"

#include "sensorium/apps/manifest_text.h"
#include "sensorium/base/options.h"
#include "sensorium/data/repack.h"

#include <cstdio>

namespace sensorium {
namespace {

struct Options : RepackOptions {
  bool unpack = false, json = false;
  void describe(OptionSet& o) {
    RepackOptions::describe(o);
    o.field("unpack", unpack, "the reverse: write every picture as a file of its own");
    o.field("json", json, "print the manifest's header as JSON instead of a table");
  }
};

}  // namespace

int run_data_shard(const std::vector<std::string>& words) {
  Options options;
  OptionSet set = OptionSet::of(options);
  const CommandInfo info{"sensorium data shard",
                         "Writes a prepared folder's pictures and records into web-dataset tar shards, with a manifest "
                         "that finds each picture in\nthem (so training reads shards in any order); or, with --unpack, "
                         "back into files.",
                         "sensorium data shard data/photos --out data/shards\n"
                         "sensorium data shard data/shards --out data/files --unpack"};
  if (!parse_command_line(info, set, words)) return 0;
  const OrderedJson header = options.unpack ? unpack_shards(options) : write_shards(options);
  if (options.json) {
    fmt::print("{}\n", header.dump(2, ' ', false, OrderedJson::error_handler_t::replace));
    return 0;
  }
  print_manifest_sources(header);
  print_counted(header);
  if (!options.unpack) fmt::print("\nshards: {}\n", header_number(header, "shards"));
  fmt::print("\nwritten to {}\n", options.out);
  return 0;
}

}  // namespace sensorium
