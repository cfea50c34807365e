#include "sensorium/apps/data_prepare.h"

#include "sensorium/apps/manifest_text.h"
#include "sensorium/data/prepare.h"

#include <fmt/format.h>

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
  print_manifest_sources(header);
  print_manifest_languages(header);
  const OrderedJson& groups = header["grouping"];
  fmt::print("near-identical pictures: {} in shared groups, the largest of {}\n",
             header_number(groups, "pictures_in_shared_groups"), header_number(groups, "largest_group"));
  print_counted(header);
  fmt::print("\nwritten to {}\n", options.out);
  return 0;
}

}  // namespace sensorium
