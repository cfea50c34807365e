#include "sensorium/train/classifier_model.h"

#include "sensorium/base/error.h"
#include "sensorium/train/tensor_file.h"

#include <torch/torch.h>

#include <array>
#include <cmath>

namespace sensorium {
namespace {

using torch::Tensor;

constexpr int64_t kKernel = 5;

/// Whether the encoder's input has columns that are brought to mean 0 and deviation 1.
bool is_scaled(const ModalitySpec& m) {
  return m.kind == "features" || m.kind == "sound";
}

/// Columns of what the encoder sees at one step.
int64_t step_width(const ModalitySpec& m, const ClassifierConfig& c) {
  if (m.kind == "text") return c.width;
  if (m.kind == "sound") return c.mel_bands;
  if (m.kind == "features") return m.inputs;
  return 3 * c.image_size * (m.encoder == "mlp" ? c.image_size : 1);
}

}  // namespace

ClassifierModel::ClassifierModel(ClassifierConfig config, uint64_t seed) : config_(std::move(config)) {
  torch::manual_seed(seed);
  declare_weights();
}

ClassifierModel::ClassifierModel(const fs::path& folder)
    : config_(parse_classifier_config(read_json(folder / "config.json"), (folder / "config.json").string())) {
  declare_weights();
  torch::NoGradGuard no_grad;
  Parameters all = parameters_;
  all.insert(all.end(), buffers_.begin(), buffers_.end());
  read_tensors(folder / "model.safetensors", all);
}

void ClassifierModel::declare(const std::string& name, std::vector<int64_t> shape, int64_t fan_in, float fill) {
  Tensor value = torch::full(shape, fill);
  if (fan_in > 0) {
    const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
    value.uniform_(-bound, bound);
  }
  by_name_[name] = value.set_requires_grad(true);
  parameters_.push_back({name, value});
}

void ClassifierModel::declare_linear(const std::string& name, int64_t in, int64_t out) {
  declare(name + ".weight", {out, in}, in);
  declare(name + ".bias", {out}, in);
}

void ClassifierModel::declare_norm(const std::string& name, int64_t width) {
  declare(name + ".weight", {width}, 0, 1);
  declare(name + ".bias", {width}, 0, 0);
}

void ClassifierModel::declare_encoder(const ModalitySpec& m) {
  const std::string name = "encoders." + m.name;
  const int64_t in = step_width(m, config_), d = config_.width, hidden = config_.hidden;
  if (is_scaled(m))
    for (const char* what : {".mean", ".deviation"}) {
      Tensor value = torch::full({in}, std::string(what) == ".mean" ? 0.0f : 1.0f);
      by_name_[name + what] = value;
      buffers_.push_back({name + what, value});
    }
  if (m.kind == "text") declare(name + ".embedding", {m.inputs, d}, d);
  if (m.encoder == "mlp") {
    declare_linear(name + ".0", in, hidden);
    declare_linear(name + ".1", hidden, d);
  } else if (m.encoder == "cnn") {
    const bool picture = m.kind == "picture";
    const int64_t first = picture ? 3 : in;
    const int64_t middle = picture ? std::max<int64_t>(1, d / 2) : hidden;
    const std::array<int64_t, 4> widths = {first, picture ? std::max<int64_t>(1, d / 4) : hidden, middle, d};
    for (size_t l = 0; l < 3; ++l) {
      const int64_t fan_in = widths[l] * (picture ? 9 : kKernel);
      std::vector<int64_t> shape{widths[l + 1], widths[l], picture ? 3 : kKernel};
      if (picture) shape.push_back(3);
      declare(fmt::format("{}.{}.weight", name, l), shape, fan_in);
      declare(fmt::format("{}.{}.bias", name, l), {widths[l + 1]}, fan_in);
      declare_norm(fmt::format("{}.{}.norm", name, l), widths[l + 1]);
    }
  } else {
    const int64_t gates = m.encoder == "gru" ? 3 : 4;
    declare(name + ".weight_ih", {gates * d, in}, d);
    declare(name + ".weight_hh", {gates * d, d}, d);
    declare(name + ".bias_ih", {gates * d}, d);
    declare(name + ".bias_hh", {gates * d}, d);
  }
  declare_norm(name + ".norm", d);
}

void ClassifierModel::declare_fusion() {
  const int64_t d = config_.width, rank = config_.tensor_rank, n = static_cast<int64_t>(config_.modalities.size());
  if (config_.fusion == "concatenate") {
    for (const ModalitySpec& m : config_.modalities) declare("fusion." + m.name + ".missing", {d}, d);
    declare_linear("fusion.0", n * d, config_.hidden);
    declare_linear("fusion.1", config_.hidden, d);
  } else if (config_.fusion == "gated") {
    declare_linear("fusion.gates", n * d, n * d);
    for (const ModalitySpec& m : config_.modalities) declare_linear("fusion." + m.name, d, d);
  } else if (config_.fusion == "tensor") {
    for (const ModalitySpec& m : config_.modalities) {
      declare("fusion." + m.name + ".factor", {rank, d, d}, d);
      declare("fusion." + m.name + ".constant", {rank, 1, d}, 0, 1);
    }
    declare("fusion.rank.weight", {rank}, rank);
    declare("fusion.bias", {d}, 0, 0);
  } else {
    declare("fusion.queries", {config_.bottleneck_tokens, d}, d);
    for (const ModalitySpec& m : config_.modalities) declare("fusion." + m.name + ".kind", {d}, d);
    for (const char* what : {"query", "key", "value", "output"})
      declare_linear(std::string("fusion.attention.") + what, d, d);
    declare_norm("fusion.attention.norm", d);
    declare_norm("fusion.mlp.norm", d);
    declare_linear("fusion.mlp.0", d, config_.hidden);
    declare_linear("fusion.mlp.1", config_.hidden, d);
  }
}

void ClassifierModel::declare_weights() {
  for (const ModalitySpec& m : config_.modalities) declare_encoder(m);
  declare_fusion();
  declare_norm("head.norm", config_.width);
  declare_linear("head", config_.width, static_cast<int64_t>(config_.classes.size()));
}

const Tensor& ClassifierModel::at(const std::string& name) const {
  const auto found = by_name_.find(name);
  SENSORIUM_ASSERT(found != by_name_.end());
  return found->second;
}

Tensor ClassifierModel::deviation(const ModalitySpec& m) const {
  return is_scaled(m) ? at("encoders." + m.name + ".deviation") : Tensor();
}

void ClassifierModel::fit_scaling(const std::vector<ModalityData>& data, const std::vector<int64_t>& items) {
  torch::NoGradGuard no_grad;
  for (size_t m = 0; m < data.size(); ++m) {
    const ModalitySpec& spec = config_.modalities[m];
    if (!is_scaled(spec)) continue;
    const int64_t width = step_width(spec, config_);
    Tensor sum = torch::zeros({width}, torch::kDouble), squares = torch::zeros({width}, torch::kDouble);
    double count = 0;
    for (const int64_t i : items) {
      if (!data[m].present(i)) continue;
      const Tensor rows = data[m].item(i).to(torch::kDouble);
      sum += rows.sum(0);
      squares += rows.square().sum(0);
      count += static_cast<double>(rows.size(0));
    }
    if (count == 0)
      throw InputError("train classifier", "expected a training item that has \"{}\", got none", spec.name);
    const Tensor mean = sum / count, deviation = (squares / count - mean.square()).clamp_min(0).sqrt();
    at("encoders." + spec.name + ".mean").copy_(mean);
    // A constant column stays 0.
    at("encoders." + spec.name + ".deviation").copy_(torch::where(deviation > 1e-12, deviation, 1.0));
  }
}

void ClassifierModel::save(const fs::path& folder, const std::vector<Tensor>& values) const {
  make_directories(folder);
  write_file(folder / "config.json", to_json(config_).dump(2) + "\n");
  Parameters all = buffers_;
  for (size_t i = 0; i < parameters_.size(); ++i)
    all.push_back({parameters_[i].name, values.empty() ? parameters_[i].value : values[i]});
  write_tensors(folder / "model.safetensors", all, {{"format", "pt"}});
}

}  // namespace sensorium
