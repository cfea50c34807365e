#include "sensorium/apps/data_clean.h"

#include "sensorium/apps/manifest_text.h"
#include "sensorium/data/clean_data.h"

#include <fmt/format.h>

#include <cstdio>

namespace sensorium {
namespace {

struct Options : CleanDataOptions {
  bool json = false;
  void describe(OptionSet& o) {
    CleanDataOptions::describe(o);
    o.field("json", json, "print the manifest's header as JSON instead of a table");
  }
};

}  // namespace

int run_data_clean(const std::vector<std::string>& words) {
  Options options;
  OptionSet set = OptionSet::of(options);
  const CommandInfo info{
      "sensorium data clean",
      "Reads a corpus or a prepared folder, leaves out what is broken, doubtful or there twice, puts captions right, "
      "and "
      "writes a\nmanifest that says what was done, with a list of all duplicates.",
      "sensorium data clean data/photos --out data/clean --near-captions drop --min-words 3\n"
      "sensorium data clean conceptual:Train_GCC-training.tsv --out data/cc3m --max-repeats 10 --language-check drop\n"
      "sensorium data clean data/web --against data/photos --out data/web-clean"};
  if (!parse_command_line(info, set, words)) return 0;
  const OrderedJson header = clean_data(options);
  if (options.json) {
    fmt::print("{}\n", header.dump(2, ' ', false, OrderedJson::error_handler_t::replace));
    return 0;
  }
  print_manifest_sources(header);
  print_manifest_languages(header);
  print_counted(header);
  fmt::print("\nwritten to {}\n", options.out);
  return 0;
}

}  // namespace sensorium
