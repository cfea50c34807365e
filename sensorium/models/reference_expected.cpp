#include "sensorium/models/reference_expected.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace sensorium {
namespace {

template <class From, class To>
std::vector<To> convert(const TensorView& view) {
  std::vector<To> out(view.numel());
  for (size_t i = 0; i < out.size(); ++i) {
    From value;
    std::memcpy(&value, view.data.data() + i * sizeof value, sizeof value);
    out[i] = static_cast<To>(value);
  }
  return out;
}

template <class To>
std::vector<To> convert_integers(const TensorView& view) {
  switch (view.dtype) {
    case SafeDType::BOOL:
    case SafeDType::U8:
      return convert<uint8_t, To>(view);
    case SafeDType::I8:
      return convert<int8_t, To>(view);
    case SafeDType::I32:
      return convert<int32_t, To>(view);
    case SafeDType::I64:
      return convert<int64_t, To>(view);
    case SafeDType::U64:
      return convert<uint64_t, To>(view);
    default:
      throw InputError("verify", "expected integers or floats, got {}", dtype_name(view.dtype));
  }
}

}  // namespace

std::vector<double> ExpectedCase::tensor_doubles(const TensorView& view) {
  if (view.dtype == SafeDType::F64) return convert<double, double>(view);
  if (view.dtype == SafeDType::F32) return convert<float, double>(view);
  return convert_integers<double>(view);
}

std::vector<int64_t> ExpectedCase::tensor_integers(const TensorView& view) {
  return convert_integers<int64_t>(view);
}

ExpectedCase::ExpectedCase(const fs::path& folder)
    : folder_(folder), inputs_json_(Json::object()), expected_json_(Json::object()) {
  if (fs::exists(folder / "inputs.json")) inputs_json_ = read_json(folder / "inputs.json");
  if (fs::exists(folder / "expected.json")) expected_json_ = read_json(folder / "expected.json");
  if (fs::exists(folder / "expected.safetensors")) expected_.emplace(folder / "expected.safetensors");
  if (fs::exists(folder / "inputs.safetensors"))
    inputs_.push_back(std::make_unique<SafetensorsFile>(folder / "inputs.safetensors"));
  const fs::path tree = fs::weakly_canonical(folder).parent_path().parent_path();
  for (const auto& [key, value] : inputs_json_.items())
    if (key.ends_with("_in") && value.is_string() && value.get<std::string>().ends_with(".safetensors"))
      inputs_.push_back(std::make_unique<SafetensorsFile>(tree / value.get<std::string>()));
}

std::string ExpectedCase::name() const {
  return group() + "/" + fs::weakly_canonical(folder_).filename().string();
}

bool ExpectedCase::has_input(const std::string& key) const {
  return inputs_json_.contains(key) ||
         std::any_of(inputs_.begin(), inputs_.end(), [&](const auto& f) { return f->tensors().count(key) > 0; });
}

bool ExpectedCase::has_expected(const std::string& key) const {
  return expected_array(key) || expected_json(key);
}

const TensorView& ExpectedCase::input(const std::string& key) const {
  for (const auto& file : inputs_)
    if (const auto found = file->tensors().find(key); found != file->tensors().end()) return found->second;
  throw InputError("verify", "{}: expected an input \"{}\", got none", folder_.string(), key);
}

const Json& ExpectedCase::input_json(const std::string& key) const {
  const auto found = inputs_json_.find(key);
  if (found == inputs_json_.end())
    throw InputError("verify", "{}: expected a value \"{}\" in inputs.json, got none", folder_.string(), key);
  return *found;
}

std::vector<std::string> ExpectedCase::expected_keys() const {
  std::set<std::string> keys;
  if (expected_)
    for (const auto& [key, view] : expected_->tensors()) keys.insert(key);
  for (const auto& [key, value] : expected_json_.items()) keys.insert(key);
  return {keys.begin(), keys.end()};
}

const TensorView* ExpectedCase::expected_array(const std::string& key) const {
  if (!expected_) return nullptr;
  const auto found = expected_->tensors().find(key);
  return found == expected_->tensors().end() ? nullptr : &found->second;
}

const Json* ExpectedCase::expected_json(const std::string& key) const {
  const auto found = expected_json_.find(key);
  return found == expected_json_.end() ? nullptr : &*found;
}

void ExpectedReport::offer(const std::string& key, std::span<const double> values, double tolerance) {
  const TensorView* view = case_.expected_array(key);
  if (!view) return;
  seen_.insert(key);
  const std::vector<double> expected = ExpectedCase::tensor_doubles(*view);
  if (expected.size() != values.size())
    return fail(fmt::format("{}: expected {} values, got {}", key, expected.size(), values.size()));
  double worst = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i]))
      return fail(fmt::format("{}[{}]: expected {}, got {}", key, i, expected[i], values[i]));
    worst = std::max(worst, std::abs(values[i] - expected[i]) / (1 + std::abs(expected[i])));
  }
  record(key, worst, tolerance);
}

void ExpectedReport::offer_integers(const std::string& key, std::span<const int64_t> values) {
  const TensorView* view = case_.expected_array(key);
  if (!view) return;
  seen_.insert(key);
  const std::vector<int64_t> expected = ExpectedCase::tensor_integers(*view);
  if (expected.size() != values.size())
    return fail(fmt::format("{}: expected {} values, got {}", key, expected.size(), values.size()));
  for (size_t i = 0; i < values.size(); ++i)
    if (values[i] != expected[i])
      return fail(fmt::format("{}[{}]: expected {}, got {}", key, i, expected[i], values[i]));
  ++result_.compared;
}

void ExpectedReport::compare_json(const std::string& at, const Json& value, const Json& expected, double tolerance,
                                  double& worst) {
  const auto differs = [&] {
    fail(fmt::format("{}: expected {}, got {}", at, expected.dump().substr(0, 80), value.dump().substr(0, 80)));
  };
  if (expected.is_number() && value.is_number()) {
    const double e = expected.get<double>(), v = value.get<double>();
    if (!std::isfinite(v)) return differs();
    const double error = std::abs(v - e) / (1 + std::abs(e));
    if (error > tolerance) differs();
    worst = std::max(worst, error);
  } else if (expected.is_null()) {
    if (!value.is_null() && !(value.is_number() && !std::isfinite(value.get<double>()))) differs();
  } else if (expected.is_array() && value.is_array() && expected.size() == value.size()) {
    for (size_t i = 0; i < expected.size(); ++i)
      compare_json(fmt::format("{}[{}]", at, i), value[i], expected[i], tolerance, worst);
  } else if (expected.is_object() && value.is_object()) {
    for (const auto& [key, inner] : expected.items()) {
      if (value.contains(key))
        compare_json(at + "." + key, value[key], inner, tolerance, worst);
      else
        fail(fmt::format("{}.{}: expected a value, got none", at, key));
    }
  } else if (expected != value) {
    differs();
  }
}

void ExpectedReport::offer_json(const std::string& key, const Json& value, double tolerance) {
  const Json* expected = case_.expected_json(key);
  if (!expected) return;
  seen_.insert(key);
  const size_t before = result_.failures.size();
  double worst = 0;
  compare_json(key, value, *expected, tolerance, worst);
  if (result_.failures.size() == before) record(key, worst, tolerance);
}

void ExpectedReport::skip(const std::string& key, const std::string& reason) {
  if (case_.has_expected(key) && seen_.insert(key).second) ++result_.skipped[reason];
}

void ExpectedReport::record(const std::string& key, double error, double tolerance) {
  ++result_.compared;
  if (!(error <= tolerance))
    fail(fmt::format("{}: expected an error of at most {:.2g}, got {:.2g}", key, tolerance, error));
  if (result_.worst_output.empty() || error / tolerance > result_.worst_error / result_.worst_tolerance) {
    result_.worst_error = error;
    result_.worst_tolerance = tolerance;
    result_.worst_output = key;
  }
}

CaseResult ExpectedReport::finish() {
  for (const std::string& key : case_.expected_keys())
    if (!seen_.count(key)) fail(key + ": expected a kind of check that computes it, got none");
  return result_;
}

bool is_expected_case(const fs::path& folder) {
  return fs::exists(folder / "case.json") &&
         (fs::exists(folder / "expected.json") || fs::exists(folder / "expected.safetensors") ||
          (fs::exists(folder / "inputs.json") && !fs::exists(folder / "outputs.safetensors")));
}

CaseResult run_expected_case(const fs::path& folder, const std::vector<ExpectedKind>& kinds) {
  CaseResult broken;
  broken.name = (folder.parent_path().filename() / folder.filename()).string();
  try {
    const ExpectedCase expected(folder);
    const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return k.applies(expected); });
    if (kind == kinds.end()) {
      broken.skipped["no kind of check of this program is for them"] =
          static_cast<int>(expected.expected_keys().size());
      return broken;
    }
    ExpectedReport report(expected);
    try {
      kind->run(expected, report);
    } catch (const std::exception& e) {
      report.fail(e.what());
    }
    return report.finish();
  } catch (const Error& e) {
    broken.failures.push_back(e.what());
    return broken;
  }
}

}  // namespace sensorium
