// Reference cases of BLIP that need gradients.

#include "sensorium/torch/decode.h"
#include "sensorium/torch/ops.h"

#include "sensorium/models/blip/blip.h"
#include "sensorium/models/reference_blip.h"
#include "sensorium/train/blip_losses.h"
#include "sensorium/train/parameters.h"
#include "sensorium/train/reference_kinds.h"

#include <torch/torch.h>

namespace sensorium {
namespace {

using torch::Tensor;

/// A backward pass has twice the roundings of a forward one.
constexpr double kBackward = 2;

std::vector<double> values_of(const Tensor& x) {
  const Tensor host = x.detach().to(torch::kFloat64).contiguous();
  const double* data = host.const_data_ptr<double>();
  return {data, data + host.numel()};
}

/// A key's bias shifts all scores of a query alike, so that its gradient is zero in theory and rounding noise in
/// practice: it is held to the magnitude of the query's.
double scale_of(const ReferenceCase& c, const std::string& name) {
  static const std::string kKey = ".key.bias";
  if (!name.ends_with(kKey)) return 0;
  const std::string query = "grad." + name.substr(0, name.size() - kKey.size()) + ".query.bias";
  double scale = 0;
  if (c.has_output(query))
    for (const double v : c.expected(query)) scale = std::max(scale, std::abs(v));
  return scale;
}

/// The model's weights as leaves; parts of a fused tensor follow each other.
struct Leaf {
  std::string name;
  Tensor value;
};

std::vector<Leaf> leaves_of(Blip<Tensor>& m) {
  std::vector<Leaf> leaves;
  visit_weights(m, [&](const WeightSpec& spec, Tensor& value) {
    value.set_requires_grad(true);
    leaves.push_back({spec.name, value});
  });
  return leaves;
}

void offer_gradients(const ReferenceCase& c, const std::vector<Leaf>& leaves, CaseReport& report) {
  std::map<std::string, Tensor> whole;
  for (const Leaf& leaf : leaves) {
    if (!leaf.value.grad().defined()) continue;
    const auto at = whole.find(leaf.name);
    whole[leaf.name] = at == whole.end() ? leaf.value.grad() : torch::cat({at->second, leaf.value.grad()});
  }
  for (const auto& [name, gradient] : whole)
    report.offer("grad." + name, values_of(gradient), kBackward, scale_of(c, name));
}

Tensor pixels_of(const ReferenceCase& c) {
  return TensorTraits<Tensor>::from_float(c.floats("pixel_values").data(), c.shape("pixel_values"));
}

void run_language_step(const ReferenceCase& c, CaseReport& report) {
  Blip<Tensor> m = load_blip<Tensor>(c.folder());
  const std::vector<Leaf> leaves = leaves_of(m);
  const BlipContext<Tensor> context{encode_pixels<Tensor>(m.vision, pixels_of(c)), {}};
  const Tensor loss = language_loss(language_logits<Tensor>(m, c.tokens(), context), c.integers("labels"),
                                    m.config.text.label_smoothing);
  report.offer("loss", values_of(loss));
  loss.backward();
  offer_gradients(c, leaves, report);
}

void run_match_step(const ReferenceCase& c, CaseReport& report) {
  Blip<Tensor> m = load_blip<Tensor>(c.folder());
  const std::vector<Leaf> leaves = leaves_of(m);
  const MatchRows rows = match_rows(c.integers("negative_image_for_text"), c.integers("negative_text_for_image"));
  const Tensor states = encode_pixels<Tensor>(m.vision, pixels_of(c));
  const Tensor chosen = states.index_select(0, torch::tensor(rows.images, torch::kLong));
  const Tensor loss = match_loss(match_logits<Tensor>(m, token_rows(c.tokens(), rows.texts), chosen), rows.labels);
  report.offer("loss", values_of(loss));
  loss.backward();
  offer_gradients(c, leaves, report);
}

Tensor doubles_of(const ReferenceCase& c, const std::string& name) {
  return torch::tensor(c.doubles(name), torch::kFloat64).reshape(c.shape(name));
}

void run_contrast_step(const ReferenceCase& c, CaseReport& report) {
  const Tensor images = doubles_of(c, "image_features").set_requires_grad(true);
  const Tensor texts = doubles_of(c, "text_features").set_requires_grad(true);
  const Tensor temperature = doubles_of(c, "temperature").set_requires_grad(true);
  MomentumFeatures slow{doubles_of(c, "image_features_m"),
                        doubles_of(c, "text_features_m"),
                        doubles_of(c, "image_queue"),
                        doubles_of(c, "text_queue"),
                        {},
                        {}};
  for (const std::string prefix : {"", "retrieval."}) {
    if (!prefix.empty()) {
      slow.ids = torch::tensor(c.integers("ids"), torch::kLong);
      slow.ids_queue = torch::tensor(c.integers("ids_queue"), torch::kLong);
    }
    const MomentumContrastLoss out = momentum_contrast_loss(images, texts, slow, temperature, c.doubles("alpha").at(0));
    for (const auto& [name, value] : {std::pair<const char*, const Tensor*>{"loss", &out.loss},
                                      {"loss_i2t", &out.loss_i2t},
                                      {"loss_t2i", &out.loss_t2i},
                                      {"targets_i2t", &out.targets_i2t},
                                      {"targets_t2i", &out.targets_t2i},
                                      {"sim_i2t", &out.sim_i2t},
                                      {"sim_t2i", &out.sim_t2i}})
      report.offer(prefix + name, values_of(*value));
    for (const Tensor& leaf : {images, texts, temperature}) leaf.mutable_grad() = Tensor();
    out.loss.backward();
    report.offer(prefix + "grad.image_features", values_of(images.grad()), kBackward);
    report.offer(prefix + "grad.text_features", values_of(texts.grad()), kBackward);
    report.offer(prefix + "grad.temperature", values_of(temperature.grad()), kBackward);
  }
  const int64_t pointer = c.integers("queue_pointer").at(0);
  push_to_queue(slow.image_queue, slow.image, pointer);
  push_to_queue(slow.text_queue, slow.text, pointer);
  report.offer("image_queue_after", values_of(slow.image_queue));
  report.offer("text_queue_after", values_of(slow.text_queue));
}

}  // namespace

std::vector<CaseKind> blip_train_case_kinds() {
  const auto has = [](const char* input) {
    return [input](const ReferenceCase& c) { return c.has_input(input) && c.has_outputs_under("grad."); };
  };
  return {{"captioner's gradients", has("labels"), run_language_step},
          {"matching gradients", has("negative_image_for_text"), run_match_step},
          {"momentum contrast's gradients", has("image_features_m"), run_contrast_step}};
}

}  // namespace sensorium
