#include "sensorium/torch/ops.h"

#include "sensorium/models/reference_case_impl.h"
#include "sensorium/torch/reference_kinds.h"

namespace sensorium {

template std::vector<CaseKind> model_case_kinds<torch::Tensor>();

namespace {

/// A bf16 run cannot be matched bit by bit: roundings differ with the order of sums. What is held is the error level,
/// by the distance to the float32 run of the same weights, which may be twice the reference's own.
constexpr double kErrorLevel = 2;

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double d = 0;
  for (size_t i = 0; i < a.size(); ++i) d = std::max(d, std::abs(a[i] - b[i]));
  return d;
}

/// 1 - cosine of all values as one vector.
double angle(const std::vector<double>& a, const std::vector<double>& b) {
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) ab += a[i] * b[i], aa += a[i] * a[i], bb += b[i] * b[i];
  return 1 - ab / std::sqrt(aa * bb);
}

void check_level(const ReferenceCase& c, const std::string& name, const torch::Tensor& value, CaseReport& report) {
  if (!c.has_output("bf16." + name) || !c.has_output("fp32." + name)) return;
  const std::vector<double> exact = c.expected("fp32." + name), low = c.expected("bf16." + name);
  const std::vector<float> floats = TensorTraits<torch::Tensor>::to_float(value);
  const std::vector<double> ours(floats.begin(), floats.end());
  if (ours.size() != exact.size())
    return report.fail(fmt::format("bf16.{}: expected {} values, got {}", name, exact.size(), ours.size()));
  report.record("bf16." + name, distance(ours, exact), kErrorLevel * distance(low, exact));
  report.record("bf16." + name, angle(ours, exact), kErrorLevel * angle(low, exact));
}

void run_bf16_case(const ReferenceCase& c, CaseReport& report) {
  using Tensor = torch::Tensor;
  DualEncoder<Tensor> m = load_dual_encoder<Tensor>(c.folder());
  visit_weights(m, [](const WeightSpec&, Tensor& value) { value = value.to(torch::kBFloat16); });
  const auto named = [&](const std::string& tower) -> Capture<Tensor> {
    return [&, tower](const std::string& what, const Tensor& value) { check_level(c, tower + what, value, report); };
  };
  const Tensor pixels = input_pixels<Tensor>(c, "pixel_values").to(torch::kBFloat16);
  const Tensor images = project_image(m, pool_image(m, pixels, named("vision_")));
  const Tensor texts = project_text(m, pool_text(m, c.tokens(), named("text_")));
  check_level(c, "image_features", images, report);
  check_level(c, "text_features", texts, report);
  const Tensor a = l2_normalize(images, 1e-12f), b = l2_normalize(texts, 1e-12f);
  check_level(c, "image_embeds", a, report);
  check_level(c, "text_embeds", b, report);
  const Tensor logits = logits_per_image(m, a, b);
  check_level(c, "logits_per_image", logits, report);
  check_level(c, "logits_per_text", logits.t(), report);
}

}  // namespace

std::vector<CaseKind> torch_case_kinds() {
  std::vector<CaseKind> kinds = model_case_kinds<torch::Tensor>();
  for (CaseKind& kind : torch_blip_kinds()) kinds.push_back(std::move(kind));
  kinds.push_back({"bf16", [](const ReferenceCase& c) { return c.has_outputs_under("bf16."); }, run_bf16_case});
  return kinds;
}

}  // namespace sensorium
