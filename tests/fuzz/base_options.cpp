// A --config file, and after a NUL the words of a command line, one a line.
#include "sensorium/base/error.h"
#include "sensorium/base/options.h"
#include "tests/fuzz/temporary.h"

using namespace sensorium;

namespace {

struct Inner {
  double rate = 0.5;
  std::vector<int64_t> sizes;
  void describe(OptionSet& o) {
    o.field("rate", rate, "a number").range(0, 1);
    o.field("sizes", sizes, "numbers");
  }
};

struct Options {
  std::string model, kind = "one";
  std::vector<std::string> files;
  int threads = 0;
  uint64_t seed = 0;
  bool json = false;
  Inner inner;
  void describe(OptionSet& o) {
    o.field("model", model, "a folder").required();
    o.field("kind", kind, "one of two").one_of({"one", "two"});
    o.field("files", files, "some files").positional();
    o.field("threads", threads, "a whole number").range(0, 64);
    o.field("seed", seed, "a large number");
    o.field("json", json, "a switch");
    o.group("inner", inner);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest = fuzz::view_of(data, size);
  const std::string_view config = fuzz::take_part(rest);
  const fs::path file = fuzz::file_of(reinterpret_cast<const uint8_t*>(config.data()), config.size(), ".json");
  std::vector<std::string> words{"--config", file.string()};
  for (size_t at = 0; at < rest.size();) {
    const size_t end = std::min(rest.find('\n', at), rest.size());
    words.emplace_back(rest.substr(at, end - at));
    at = end + 1;
    if (words.back() == "--help" || words.back() == "-h") return 0;
  }
  try {
    Options options, again;
    OptionSet set = OptionSet::of(options);
    if (!parse_command_line({"fuzz", "", ""}, set, words)) return 0;
    OptionSet::of(again).set_json(Json::parse(set.to_json().dump(-1, ' ', false, Json::error_handler_t::replace)),
                                  "again");
  } catch (const Error&) {
  }
  return 0;
}
