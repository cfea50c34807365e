#include "sensorium/models/reference_case.h"

#include "sensorium/io/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace sensorium {
namespace {

std::vector<double> to_double(const TensorView& view) {
  if (view.dtype == SafeDType::F64) {
    std::vector<double> values(view.numel());
    std::memcpy(values.data(), view.data.data(), view.data.size());
    return values;
  }
  const std::vector<float> values = to_float32(view);
  return {values.begin(), values.end()};
}

double longest_product(const fs::path& folder) {
  double longest = 256;
  for (const char* name : {"model.safetensors", "open_clip_model.safetensors"}) {
    if (!fs::exists(folder / name)) continue;
    const CheckpointReader reader(folder / name);
    for (const auto& [tensor, view] : reader.tensors())
      if (view.shape.size() >= 2 && view.shape[0] > 0)
        longest = std::max(longest, static_cast<double>(view.numel()) / static_cast<double>(view.shape[0]));
  }
  return longest;
}

}  // namespace

ReferenceCase::ReferenceCase(const fs::path& folder)
    : folder_(folder),
      inputs_(folder / "inputs.safetensors"),
      outputs_(folder / "outputs.safetensors"),
      longest_product_(longest_product(folder)) {}

std::string ReferenceCase::name() const {
  const fs::path path = fs::weakly_canonical(folder_);
  return (path.parent_path().filename() / path.filename()).string();
}

std::vector<double> ReferenceCase::doubles(const std::string& name) const {
  return to_double(inputs_.at(name));
}

std::vector<int64_t> ReferenceCase::integers(const std::string& name) const {
  const TensorView& view = inputs_.at(name);
  if (view.dtype != SafeDType::I64)
    throw InputError("verify", "{}: expected \"{}\" as I64, got {}", inputs_.path().string(), name,
                     dtype_name(view.dtype));
  std::vector<int64_t> values(view.numel());
  std::memcpy(values.data(), view.data.data(), view.data.size());
  return values;
}

TokenBatch ReferenceCase::tokens(bool masked) const {
  const std::vector<int64_t>& dims = shape("input_ids");
  if (dims.size() != 2)
    throw InputError("verify", "{}: expected \"input_ids\" of 2 dimensions, got {}", inputs_.path().string(),
                     dims.size());
  TokenBatch batch{dims[0], dims[1], integers("input_ids"), {}, {}};
  if (masked && has_input("attention_mask")) batch.attention_mask = integers("attention_mask");
  if (has_input("token_type_ids")) batch.token_type_ids = integers("token_type_ids");
  return batch;
}

bool ReferenceCase::has_outputs_under(const std::string& prefix) const {
  const auto at = outputs().lower_bound(prefix);
  return at != outputs().end() && at->first.starts_with(prefix);
}

std::vector<double> ReferenceCase::expected(const std::string& name) const {
  return to_double(outputs_.at(name));
}

double ReferenceCase::tolerance(SafeDType type) const {
  const double epsilon = type == SafeDType::F64 ? 0x1p-52 : 0x1p-23;
  return 4 * std::sqrt(longest_product_) * epsilon;
}

void CaseReport::offer(const std::string& name, std::span<const double> values, double slack, double scale) {
  const auto found = reference_.outputs().find(name);
  if (found == reference_.outputs().end()) return;
  seen_.insert(name);
  const std::vector<double> expected = reference_.expected(name);
  if (expected.size() != values.size())
    return fail(fmt::format("{}: expected {} values, got {}", name, expected.size(), values.size()));
  double difference = 0, magnitude = scale;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) return fail(fmt::format("{}: expected finite values, got {}", name, values[i]));
    difference = std::max(difference, std::abs(values[i] - expected[i]));
    magnitude = std::max(magnitude, std::abs(expected[i]));
  }
  record(name, magnitude > 0 ? difference / magnitude : difference, slack * reference_.tolerance(found->second.dtype));
}

void CaseReport::offer(const std::string& name, std::span<const float> values, double slack, double scale) {
  if (reference_.has_output(name)) offer(name, std::vector<double>(values.begin(), values.end()), slack, scale);
}

void CaseReport::record(const std::string& name, double error, double tolerance) {
  seen_.insert(name);
  ++result_.compared;
  if (!(error <= tolerance))
    fail(fmt::format("{}: expected a relative error of at most {:.2g}, got {:.2g}", name, tolerance, error));
  if (result_.compared == 1 || error / tolerance > result_.worst_error / result_.worst_tolerance) {
    result_.worst_error = error;
    result_.worst_tolerance = tolerance;
    result_.worst_output = name;
  }
}

void CaseReport::skip(const std::string& prefix, const std::string& reason) {
  skips_[prefix] = reason;
}

CaseResult CaseReport::finish() {
  for (const auto& [name, view] : reference_.outputs()) {
    if (seen_.count(name)) continue;
    const auto skip =
        std::find_if(skips_.begin(), skips_.end(), [&name = name](const auto& s) { return name.starts_with(s.first); });
    if (skip != skips_.end())
      ++result_.skipped[skip->second];
    else
      fail(name + ": expected a kind of check that computes it, got none");
  }
  return result_;
}

CaseKind training_skipped_kind(const std::string& reason) {
  static constexpr const char* kPrefixes[] = {"grad.", "step.", "clamp.", "final.", "ema_"};
  const auto is_loss = [](const ReferenceCase& c) { return c.folder().filename().string().starts_with("loss_"); };
  return {"training", [](const ReferenceCase&) { return true; },
          [reason, is_loss](const ReferenceCase& c, CaseReport& report) {
            for (const char* prefix : kPrefixes) report.skip(prefix, reason);
            if (is_loss(c)) report.skip("", reason);
          }};
}

CaseResult run_reference_case(const fs::path& folder, const std::vector<CaseKind>& kinds) {
  try {
    const ReferenceCase reference(folder);
    CaseReport report(reference);
    for (const CaseKind& kind : kinds) {
      try {
        if (kind.applies(reference)) kind.run(reference, report);
      } catch (const std::exception& e) {
        report.fail(e.what());
      }
    }
    return report.finish();
  } catch (const Error& e) {
    CaseResult result;
    result.name = (folder.parent_path().filename() / folder.filename()).string();
    result.failures.push_back(e.what());
    return result;
  }
}

std::vector<fs::path> find_reference_cases(const fs::path& path) {
  if (!fs::exists(path)) throw InputError("verify", "{}: expected a folder, got nothing there", path.string());
  constexpr int kDepth = 3;
  const auto is_case = [](const fs::path& p) {
    return fs::exists(p / "case.json") || fs::exists(p / "outputs.safetensors");
  };
  if (is_case(path)) return {path};
  std::vector<fs::path> found;
  if (!fs::is_directory(path)) return found;
  auto walk = fs::recursive_directory_iterator(path);
  for (; walk != fs::recursive_directory_iterator(); ++walk) {
    if (!walk->is_directory()) continue;
    if (is_case(walk->path())) found.push_back(walk->path());
    if (walk.depth() + 1 >= kDepth || is_case(walk->path())) walk.disable_recursion_pending();
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace sensorium
