#pragma once
// Reference cases: a folder with a checkpoint, `inputs.safetensors` and the `outputs.safetensors` that another
// implementation computed from them. The names of the outputs say what is checked; sizes come from the files.
//
// Note: tolerances. An output is compared by its largest difference over the reference's largest magnitude. Rounding
// errors of a dot product of K terms grow as sqrt(K) eps / 2 when they are random, and a path from input to output
// crosses some tens of such products, whose errors add as random ones too: 4 sqrt(K) eps, with K the longest dot
// product in the checkpoint and at least 256. For float32 and K = 256 that is 7.6e-6. eps is that of the outputs'
// stored type.

#include "sensorium/base/error.h"
#include "sensorium/io/safetensors.h"
#include "sensorium/text/tokenizer.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace sensorium {

/// One case's files. Throws InputError when outputs or inputs are missing or broken.
class ReferenceCase {
 public:
  explicit ReferenceCase(const fs::path& folder);
  const fs::path& folder() const { return folder_; }
  /// "clip/siglip": the last two folders.
  std::string name() const;
  bool has_input(const std::string& name) const { return inputs_.tensors().count(name) > 0; }
  /// Values of an input as float32, float64 or integers. Throw InputError when it is missing.
  std::vector<float> floats(const std::string& name) const { return to_float32(inputs_.at(name)); }
  std::vector<double> doubles(const std::string& name) const;
  std::vector<int64_t> integers(const std::string& name) const;
  const std::vector<int64_t>& shape(const std::string& name) const { return inputs_.at(name).shape; }
  /// `input_ids` with `attention_mask` and `token_type_ids` where the case has them; the mask only if wanted.
  TokenBatch tokens(bool masked = true) const;
  const std::map<std::string, TensorView>& outputs() const { return outputs_.tensors(); }
  bool has_output(const std::string& name) const { return outputs().count(name) > 0; }
  /// Whether an output's name begins so.
  bool has_outputs_under(const std::string& prefix) const;
  /// An output's values, from any floating type.
  std::vector<double> expected(const std::string& name) const;
  /// The relative tolerance of outputs of this type (see the note).
  double tolerance(SafeDType type) const;

 private:
  fs::path folder_;
  SafetensorsFile inputs_, outputs_;
  double longest_product_ = 256;
};

/// What came of one case.
struct CaseResult {
  std::string name;
  int compared = 0;
  double worst_error = 0;  // relative; of the output that comes closest to its tolerance or exceeds it most
  double worst_tolerance = 0;
  std::string worst_output;
  std::vector<std::string> failures;   // one sentence each
  std::map<std::string, int> skipped;  // reason -> number of outputs
  bool passed() const { return failures.empty() && compared > 0; }
  /// Nothing could be compared, and that is no fault.
  bool only_skipped() const { return failures.empty() && compared == 0 && !skipped.empty(); }
};

/// Takes values as a kind of check computes them and compares each with the output of that name.
class CaseReport {
 public:
  explicit CaseReport(const ReferenceCase& reference) : reference_(reference) { result_.name = reference.name(); }
  /// Compares where there is such an output, by number of elements and value; the same name may be offered again. The
  /// tolerance is relative to the largest expected magnitude, or to `scale` where that is larger (for values that are
  /// zero in theory); it is the case's own, times `slack` for values that went through as many more roundings.
  void offer(const std::string& name, std::span<const double> values, double slack = 1, double scale = 0);
  void offer(const std::string& name, std::span<const float> values, double slack = 1, double scale = 0);
  /// Outputs under `prefix` are not to be had here.
  void skip(const std::string& prefix, const std::string& reason);
  void fail(const std::string& sentence) { result_.failures.push_back(sentence); }
  /// Records a comparison that was made elsewhere.
  void record(const std::string& name, double error, double tolerance);
  /// The result, with a failure for every output that nothing computed.
  CaseResult finish();

 private:
  const ReferenceCase& reference_;
  CaseResult result_;
  std::set<std::string> seen_;
  std::map<std::string, std::string> skips_;  // prefix -> reason
};

/// One kind of check: whether a case is of that kind, and the computing of its outputs. Several kinds may apply to a
/// case.
struct CaseKind {
  std::string name;
  std::function<bool(const ReferenceCase&)> applies;
  std::function<void(const ReferenceCase&, CaseReport&)> run;
};

/// The kinds that need only a model's forward pass: two-tower models (with adapters and weights stored as BF16),
/// sentence encoders, picture classifiers.
template <class T>
std::vector<CaseKind> model_case_kinds();

/// What a program without training says to outputs that need it: skipped, with `reason`.
CaseKind training_skipped_kind(const std::string& reason);

/// Runs every kind that applies to the case. An Error inside becomes a failure.
CaseResult run_reference_case(const fs::path& folder, const std::vector<CaseKind>& kinds);

/// Folders at or below `path` (three levels) that hold a case.json or outputs.safetensors, sorted. Throws InputError
/// when `path` does not exist.
std::vector<fs::path> find_reference_cases(const fs::path& path);

}  // namespace sensorium
