#pragma once
// Reference values of formulas: a folder with `case.json`, what goes in (`inputs.safetensors`, `inputs.json`) and what
// another implementation made of it (`expected.safetensors`, `expected.json`). Sizes come from the files.
//
// Note: tolerances of values. |got - expected| is compared with tolerance * (1 + |expected|), element by element.

#include "sensorium/base/json.h"
#include "sensorium/models/reference_case.h"

#include <memory>
#include <optional>

namespace sensorium {

/// One case's files; either of the two kinds of files may be absent. Not thread-safe.
class ExpectedCase {
 public:
  /// Throws InputError when a file is broken.
  explicit ExpectedCase(const fs::path& folder);
  const fs::path& folder() const { return folder_; }
  /// "svd/tall": the last two folders.
  std::string name() const;
  /// "svd": the folder around it.
  std::string group() const { return fs::weakly_canonical(folder_).parent_path().filename().string(); }
  bool has_input(const std::string& key) const;
  bool has_expected(const std::string& key) const;
  /// An array among the inputs. Where `KEY_in` names another case's file, arrays that are not here are looked for
  /// there. Throws InputError when there is none.
  const TensorView& input(const std::string& key) const;
  std::vector<double> input_doubles(const std::string& key) const { return tensor_doubles(input(key)); }
  std::vector<int64_t> input_integers(const std::string& key) const { return tensor_integers(input(key)); }
  /// A value of inputs.json. Throws InputError when there is none.
  const Json& input_json(const std::string& key) const;
  /// The keys that are expected, sorted.
  std::vector<std::string> expected_keys() const;
  /// An expected array, or nullptr; an expected JSON value, or nullptr.
  const TensorView* expected_array(const std::string& key) const;
  const Json* expected_json(const std::string& key) const;

  /// Values of any number type as float64; integers without loss. Throw InputError for other types.
  static std::vector<double> tensor_doubles(const TensorView& view);
  static std::vector<int64_t> tensor_integers(const TensorView& view);

 private:
  fs::path folder_;
  std::vector<std::unique_ptr<SafetensorsFile>> inputs_;  // its own, then those it names
  std::optional<SafetensorsFile> expected_;
  Json inputs_json_, expected_json_;
};

/// Takes values as they are computed and compares each with the expected one of that key.
class ExpectedReport {
 public:
  explicit ExpectedReport(const ExpectedCase& expected) : case_(expected) { result_.name = expected.name(); }
  /// Arrays, row-major. Nothing happens where none of that key is expected.
  void offer(const std::string& key, std::span<const double> values, double tolerance);
  /// Integers: have to be equal.
  void offer_integers(const std::string& key, std::span<const int64_t> values);
  /// JSON: numbers within the tolerance, NaN and infinities as null, all else equal.
  void offer_json(const std::string& key, const Json& value, double tolerance);
  /// A key that needs no comparison (a note, a tolerance, a reference's own inexact value).
  void ignore(const std::string& key) { seen_.insert(key); }
  /// A key that cannot be computed here, and why. Nothing happens where none of that key is expected.
  void skip(const std::string& key, const std::string& reason);
  void fail(const std::string& sentence) { result_.failures.push_back(sentence); }
  /// The result, with a failure for every expected key that nothing computed.
  CaseResult finish();

 private:
  void record(const std::string& key, double error, double tolerance);
  void compare_json(const std::string& at, const Json& value, const Json& expected, double tolerance, double& worst);
  const ExpectedCase& case_;
  CaseResult result_;
  std::set<std::string> seen_;
};

/// One kind of case of values: whether a case is of that kind, and the computing.
struct ExpectedKind {
  std::string name;
  std::function<bool(const ExpectedCase&)> applies;
  std::function<void(const ExpectedCase&, ExpectedReport&)> run;
};

/// Whether a folder holds expected values, or inputs that other cases name, rather than a model's outputs.
bool is_expected_case(const fs::path& folder);

/// Runs the first kind that applies. An Error inside becomes a failure; a case of no kind is skipped.
CaseResult run_expected_case(const fs::path& folder, const std::vector<ExpectedKind>& kinds);

}  // namespace sensorium
