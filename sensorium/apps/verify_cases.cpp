#include "sensorium/apps/verify.h"
#include "sensorium/base/options.h"

#include <cstdio>

namespace sensorium {
namespace {

struct Options {
  std::vector<std::string> paths;
  std::string tensor;
  bool json = false;
  void describe(OptionSet& o) {
    o.field("paths", paths, "folders of cases: an area such as clip, or one case in it").required().positional();
    o.field("tensor", tensor, "arithmetic to check").one_of({"rt", "torch"});
    o.field("json", json, "print JSON, one object a case");
  }
};

const CommandInfo kInfo{
    "sensorium verify",
    "Runs models on the inputs of reference cases and compares with the outputs beside them. A case is "
    "a folder with a checkpoint, inputs.safetensors and outputs.safetensors; areas such as images list theirs in "
    "files, "
    "which have to be equal.",
    "sensorium verify tests/goldens/clip --tensor torch"};

const char* state_of(const CaseResult& r) {
  return r.passed() ? "passed" : r.only_skipped() ? "skipped" : "failed";
}

void print_text(const CaseResult& r) {
  if (r.compared > 0 && r.worst_output.empty())
    fmt::print("{:7} {:40} {:4} compared, {} differ\n", state_of(r), r.name, r.compared, r.failures.size());
  else if (r.compared > 0)
    fmt::print("{:7} {:40} {:4} outputs, largest error {:.1e} of {:.1e} at {}\n", state_of(r), r.name, r.compared,
               r.worst_error, r.worst_tolerance, r.worst_output);
  else
    fmt::print("{:7} {}\n", state_of(r), r.name);
  for (const auto& [reason, count] : r.skipped) fmt::print("          {} outputs skipped: {}\n", count, reason);
  constexpr size_t kShown = 5;
  for (size_t i = 0; i < r.failures.size() && i < kShown; ++i) fmt::print("          {}\n", r.failures[i]);
  if (r.failures.size() > kShown) fmt::print("          and {} more\n", r.failures.size() - kShown);
  std::fflush(stdout);
}

void print_json(const CaseResult& r) {
  const OrderedJson line{{"case", r.name},
                         {"result", state_of(r)},
                         {"compared", r.compared},
                         {"largest_error", r.worst_error},
                         {"tolerance", r.worst_tolerance},
                         {"at", r.worst_output},
                         {"skipped", r.skipped},
                         {"failures", r.failures}};
  fmt::print("{}\n", line.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

int verify_cases(const std::vector<std::string>& words, const std::string& tensor, const std::vector<CaseKind>& kinds,
                 const std::vector<ReferenceArea>& areas, const std::vector<ExpectedKind>& expected,
                 int (*other)(const std::vector<std::string>& words)) {
  Options options;
  options.tensor = tensor;
  OptionSet set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  if (options.tensor != tensor) {
    if (other) return other(words);
    throw UsageError("sensorium verify", "expected --tensor {} in this program, got {}", tensor, options.tensor);
  }
  int passed = 0, failed = 0;
  const auto take = [&](const CaseResult& result) {
    passed += result.passed();
    failed += !result.passed() && !result.only_skipped();
    options.json ? print_json(result) : print_text(result);
  };
  for (const std::string& path : options.paths) {
    for (const fs::path& folder : find_reference_cases(path))
      take(is_expected_case(folder) ? run_expected_case(folder, expected) : run_reference_case(folder, kinds));
    for (const FoundArea& area : find_reference_areas(path, areas))
      for (const CaseResult& result : run_reference_area(area)) take(result);
  }
  if (passed + failed == 0) fmt::print(stderr, "no case was found that could be checked\n");
  fmt::print("{} passed, {} failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace sensorium
