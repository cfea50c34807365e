#include "sensorium/train/reference_kinds.h"

#include "sensorium/models/blip/blip_config.h"
#include "sensorium/models/dual_encoder.h"
#include "sensorium/torch/ops.h"
#include "sensorium/train/losses.h"
#include "sensorium/train/optimizer.h"
#include "sensorium/train/schedule.h"

#include <torch/torch.h>

namespace sensorium {
namespace {

using torch::Tensor;
using Model = DualEncoder<Tensor>;

/// A backward pass has twice the roundings of a forward one.
constexpr double kBackward = 2;

std::vector<double> values_of(const Tensor& x) {
  const Tensor host = x.detach().to(torch::kFloat64).contiguous();
  const double* data = host.const_data_ptr<double>();
  return {data, data + host.numel()};
}

void offer(CaseReport& report, const std::string& name, const Tensor& x, double slack = 1, double scale = 0) {
  report.offer(name, values_of(x), slack, scale);
}

/// The model's weights as leaves that require gradients. Parts of a fused tensor are "NAME#part".
Parameters leaves_of(Model& m) {
  Parameters leaves;
  visit_weights(m, [&](const WeightSpec& spec, Tensor& value) {
    if (spec.buffer) return;
    value.set_requires_grad(true);
    leaves.push_back({spec.parts > 1 ? spec.name + "#" + std::to_string(spec.part) : spec.name, value});
  });
  return leaves;
}

/// Tensors under the names of the file: parts that follow each other joined again.
std::map<std::string, Tensor> joined(const Parameters& leaves, const std::function<Tensor(size_t)>& value) {
  std::map<std::string, Tensor> out;
  for (size_t i = 0; i < leaves.size(); ++i) {
    const std::string name = leaves[i].name.substr(0, leaves[i].name.find('#'));
    const auto at = out.find(name);
    out[name] = at == out.end() ? value(i) : torch::cat({at->second, value(i)});
  }
  return out;
}

/// Unit embeddings and the family's own loss on them.
struct PairRun {
  Tensor images, texts, loss;
};

PairRun run_pairs(const Model& m, const Tensor& pixels, const TokenBatch& tokens) {
  PairRun run{encode_image(m, pixels), encode_text(m, tokens), {}};
  run.loss = m.config.family == DualFamily::siglip ? sigmoid_loss(run.images, run.texts, m.logit_scale, m.logit_bias)
                                                   : info_nce_loss(run.images, run.texts, m.logit_scale);
  return run;
}

Tensor pixels_of(const ReferenceCase& c) {
  return TensorTraits<Tensor>::from_float(c.floats("pixel_values").data(), c.shape("pixel_values"));
}

/// A key's bias shifts all scores of a query alike, so that its gradient is zero in theory and rounding noise in
/// practice: it is held to the magnitude of the query's.
double scale_of(const ReferenceCase& c, const std::string& prefix, const std::string& name) {
  static const std::string kKey = "k_proj.bias";
  if (!name.ends_with(kKey)) return 0;
  const std::string query = prefix + name.substr(0, name.size() - kKey.size()) + "q_proj.bias";
  double scale = 0;
  if (c.has_output(query))
    for (const double v : c.expected(query)) scale = std::max(scale, std::abs(v));
  return scale;
}

void run_gradients(const ReferenceCase& c, CaseReport& report) {
  Model m = load_dual_encoder<Tensor>(c.folder());
  const Parameters leaves = leaves_of(m);
  const bool siglip = m.config.family == DualFamily::siglip;
  const PairRun run = run_pairs(m, pixels_of(c), c.tokens(!siglip));
  offer(report, "loss", run.loss);
  run.loss.backward();
  for (const auto& [name, grad] : joined(leaves, [&](size_t i) { return leaves[i].value.grad(); }))
    offer(report, "grad." + name, grad, kBackward, scale_of(c, "grad.", name));
}

/// The recipe that every such case.json states.
constexpr AdamWSettings kRecipe{.beta1 = 0.9, .beta2 = 0.98, .epsilon = 1e-6, .weight_decay = 0.2};
constexpr double kBaseRate = 1e-3, kMaxNorm = 1;
constexpr int64_t kWarmup = 3;

/// Steps on one batch, compared under `prefix` ("" or "clamp."). Errors add from step to step.
void run_steps(const ReferenceCase& c, Model& m, const std::string& prefix, CaseReport& report) {
  const auto steps = static_cast<int64_t>(c.expected(prefix + "step.lr").size());
  const auto slack = static_cast<double>(steps);
  const Parameters leaves = leaves_of(m);
  AdamW adamw(leaves, kRecipe);
  std::map<std::string, WeightAverage> averages;
  for (const char* decay : {"0.9", "0.99", "0.999", "0.9999"})
    if (c.has_outputs_under(std::string("ema_") + decay + "."))
      averages.emplace(std::string("ema_") + decay + ".", WeightAverage(leaves, std::stod(decay)));
  const Schedule schedule{ScheduleKind::cosine, kBaseRate, kWarmup, steps};
  const Tensor pixels = pixels_of(c);
  std::vector<double> losses, rates, norms, scales;
  for (int64_t step = 0; step < steps; ++step) {
    adamw.clear_gradients();
    const Tensor loss = run_pairs(m, pixels, c.tokens()).loss;
    loss.backward();
    norms.push_back(gradient_norm(leaves));
    clip_gradients(leaves, norms.back(), kMaxNorm);
    rates.push_back(schedule.at(step));
    adamw.step(rates.back());
    clamp_logit_scale(m.logit_scale);
    for (auto& [name, average] : averages) average.update();
    losses.push_back(loss.item<double>());
    scales.push_back(m.logit_scale.item<double>());
  }
  report.offer(prefix + "step.loss", losses, slack);
  report.offer(prefix + "step.lr", rates);
  report.offer(prefix + "step.grad_norm", norms, slack);
  report.offer(prefix + "step.logit_scale", scales, slack);
  if (!prefix.empty()) return;
  for (const auto& [name, value] : joined(leaves, [&](size_t i) { return leaves[i].value; }))
    offer(report, "final." + name, value, slack);
  for (const auto& [under, average] : averages)
    for (const auto& [name, value] : joined(leaves, [&](size_t i) { return average.values()[i]; }))
      offer(report, under + name, value, slack);
}

void run_training(const ReferenceCase& c, CaseReport& report) {
  Model m = load_dual_encoder<Tensor>(c.folder());
  run_steps(c, m, "", report);
  if (!c.has_output("clamp.step.lr")) return;
  Model begun_high = load_dual_encoder<Tensor>(c.folder());
  begun_high.logit_scale.fill_(4.7);  // above ln 100
  run_steps(c, begun_high, "clamp.", report);
}

Tensor leaf(const ReferenceCase& c, const std::string& name) {
  return torch::tensor(c.doubles(name), torch::kFloat64).reshape(c.shape(name)).set_requires_grad(true);
}

/// PREFIX.loss and PREFIX.grad_NAME of a loss of leaves.
void offer_loss(CaseReport& report, const std::string& prefix, const Tensor& loss,
                const std::vector<std::pair<std::string, Tensor>>& leaves) {
  offer(report, prefix + ".loss", loss);
  for (const auto& [name, value] : leaves) value.mutable_grad() = Tensor();
  loss.backward();
  for (const auto& [name, value] : leaves)
    if (value.grad().defined()) offer(report, prefix + ".grad_" + name, value.grad());
}

/// The numbers in output names such as "margin_0.2.loss" after `before`.
std::vector<std::string> settings_of(const ReferenceCase& c, const std::string& before) {
  std::vector<std::string> found;
  for (const auto& [name, view] : c.outputs())
    if (name.starts_with(before) && name.ends_with(".loss"))
      found.push_back(name.substr(before.size(), name.size() - before.size() - 5));
  return found;
}

/// The reference keeps the distances of its last central difference, where one coordinate is displaced by 1e-6; a
/// vector of at least unit length moves by no more than that.
void offer_distances(const ReferenceCase& c, const Tensor& distance, CaseReport& report) {
  constexpr double kStep = 1e-6;
  const std::vector<double> expected = c.expected("distance"), ours = values_of(distance);
  double error = expected.size() == ours.size() ? 0 : 2;
  for (size_t i = 0; i < ours.size() && error < 2; ++i) error = std::max(error, std::abs(ours[i] - expected[i]));
  report.record("distance", error, kStep);
}

void run_losses(const ReferenceCase& c, CaseReport& report) {
  const Tensor a = leaf(c, "a"), b = leaf(c, "b");
  if (c.has_output("distance")) offer_distances(c, 1 - (unit_rows(a) * unit_rows(b)).sum(1), report);
  offer(report, "scores", unit_rows(a).matmul(unit_rows(b).t()));
  for (const std::string& margin : settings_of(c, "margin_"))
    offer_loss(report, "margin_" + margin,
               margin_loss(unit_rows(a), unit_rows(b), leaf(c, "y").detach(), std::stod(margin)), {{"a", a}, {"b", b}});
  for (const auto& [name, negatives] : {std::pair("hardest_", Negatives::hardest), std::pair("all_", Negatives::all)})
    for (const std::string& margin : settings_of(c, name))
      offer_loss(report, name + margin, triplet_loss(unit_rows(a), unit_rows(b), std::stod(margin), negatives),
                 {{"a", a}, {"b", b}});
  if (!c.has_input("logit_scale")) return;
  const Tensor scale = leaf(c, "logit_scale"), bias = leaf(c, "logit_bias");
  const std::vector<std::pair<std::string, Tensor>> leaves{
      {"a", a}, {"b", b}, {"logit_scale", scale}, {"logit_bias", bias}};
  offer_loss(report, "infonce", info_nce_loss(unit_rows(a), unit_rows(b), scale), leaves);
  offer_loss(report, "sigmoid", sigmoid_loss(unit_rows(a), unit_rows(b), scale, bias), leaves);
}

}  // namespace

std::vector<CaseKind> train_case_kinds() {
  // BLIP's steps are kinds of their own.
  const auto two_towers = [](const ReferenceCase& c) {
    return c.has_outputs_under("grad.") && !is_blip(c.folder()) && !c.has_input("image_features_m");
  };
  std::vector<CaseKind> kinds = {
      {"gradients", two_towers, run_gradients},
      {"training", [](const ReferenceCase& c) { return c.has_outputs_under("step."); }, run_training},
      {"losses", [](const ReferenceCase& c) { return c.has_input("a") && c.has_input("b"); }, run_losses},
  };
  for (CaseKind& kind : blip_train_case_kinds()) kinds.push_back(std::move(kind));
  return kinds;
}

}  // namespace sensorium
