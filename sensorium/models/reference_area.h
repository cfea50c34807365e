#pragma once
// Reference areas: folders that hold many cases in files of their own layout (pictures, tokenizers), where a case is
// not a folder with inputs and outputs. What they list is compared without a tolerance.

#include "sensorium/models/reference_case.h"

namespace sensorium {

/// One kind of area: whether a folder is of that kind, and the checking of all that it lists.
struct ReferenceArea {
  std::string name;
  std::function<bool(const fs::path&)> applies;
  /// One result a list of cases, in a fixed order. May throw Error for files that are missing or broken.
  std::function<std::vector<CaseResult>(const fs::path&)> run;
};

/// A folder that is an area, and of which kind.
struct FoundArea {
  fs::path folder;
  const ReferenceArea* area;
};

/// The areas at `path` or directly below it, sorted by folder.
std::vector<FoundArea> find_reference_areas(const fs::path& path, const std::vector<ReferenceArea>& areas);

/// Runs an area. An Error becomes a failure of a case named after the folder.
std::vector<CaseResult> run_reference_area(const FoundArea& found);

/// Counts comparisons of one list of cases that have to be equal. Not thread-safe.
class EqualityReport {
 public:
  explicit EqualityReport(std::string name) { result_.name = std::move(name); }
  /// One comparison; `fault` says what differs and is asked only if `equal` is false.
  void check(bool equal, const std::function<std::string()>& fault) {
    ++result_.compared;
    if (!equal) result_.failures.push_back(fault());
  }
  /// Runs one case; what it throws is a failure named after it.
  void run(const std::string& name, const std::function<void()>& body);
  void skip(const std::string& reason) { ++result_.skipped[reason]; }
  CaseResult finish() { return std::move(result_); }

 private:
  CaseResult result_;
};

}  // namespace sensorium
