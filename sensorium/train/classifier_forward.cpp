// From batches to logits: encoders and fusions of ClassifierModel.

#include "sensorium/train/classifier_model.h"

#include <torch/torch.h>

#include <cmath>

namespace sensorium {
namespace {

using torch::Tensor;

constexpr double kNormEpsilon = 1e-5;

/// (B, T, D) and (B, T) to (B, D): the mean of what is there, 0 where nothing is.
Tensor masked_mean(const Tensor& tokens, const Tensor& mask) {
  const Tensor weights = mask.unsqueeze(2);
  return (tokens * weights).sum(1) / weights.sum(1).clamp_min(1);
}

}  // namespace

Tensor ClassifierModel::linear(const std::string& name, const Tensor& x) const {
  return torch::linear(x, at(name + ".weight"), at(name + ".bias"));
}

Tensor ClassifierModel::norm(const std::string& name, const Tensor& x) const {
  return torch::layer_norm(x, {x.size(-1)}, at(name + ".weight"), at(name + ".bias"), kNormEpsilon);
}

/// What the encoder sees: (B, T, C), or (B, 3, S, S) for a CNN over pictures.
Tensor ClassifierModel::scaled(const ModalitySpec& m, const ModalityBatch& batch) const {
  const std::string name = "encoders." + m.name;
  if (m.kind == "text") return torch::embedding(at(name + ".embedding"), batch.values);
  if (m.kind != "picture") {
    const Tensor scaled = (batch.values - at(name + ".mean")) / at(name + ".deviation");
    return torch::nan_to_num(scaled, 0, 0, 0) * batch.mask.unsqueeze(2);
  }
  const Tensor pixels = batch.values.to(torch::kFloat) / 127.5 - 1;
  if (m.encoder == "cnn") return pixels;
  if (m.encoder == "mlp") return pixels.flatten(1).unsqueeze(1);
  return pixels.permute({0, 2, 1, 3}).flatten(2);  // (B, 3, H, W) to H steps of 3 W
}

/// Three convolutions over time with LayerNorm at each step, so that padding changes nothing.
ClassifierModel::Encoded ClassifierModel::convolve_sequence(const std::string& name, Tensor x, Tensor mask,
                                                            int64_t stride) const {
  for (int l = 0; l < 3; ++l) {
    const std::string layer = fmt::format("{}.{}", name, l);
    const int64_t kernel = at(layer + ".weight").size(2);
    x = torch::conv1d((x * mask.unsqueeze(2)).transpose(1, 2), at(layer + ".weight"), at(layer + ".bias"), stride,
                      kernel / 2)
            .transpose(1, 2);  // (B, T, C) to (B, C, T) and back
    mask = mask.slice(1, 0, std::nullopt, stride);
    x = torch::relu(norm(layer + ".norm", x));
  }
  return {x, mask};
}

ClassifierModel::Encoded ClassifierModel::convolve_picture(const std::string& name, Tensor x) const {
  for (int l = 0; l < 3; ++l) {
    const std::string layer = fmt::format("{}.{}", name, l);
    x = torch::conv2d(x, at(layer + ".weight"), at(layer + ".bias"), 2, 1);
    x = torch::relu(norm(layer + ".norm", x.permute({0, 2, 3, 1})).permute({0, 3, 1, 2}));
  }
  const Tensor tokens = x.flatten(2).transpose(1, 2);  // (B, D, H, W) to (B, H W, D)
  return {tokens, torch::ones({tokens.size(0), tokens.size(1)}, tokens.options())};
}

/// Forward in time only: what comes after an item's end cannot change what came before.
Tensor ClassifierModel::recur(const std::string& name, const std::string& cell, const Tensor& x) const {
  const std::vector<Tensor> weights{at(name + ".weight_ih"), at(name + ".weight_hh"), at(name + ".bias_ih"),
                                    at(name + ".bias_hh")};
  const Tensor zero = torch::zeros({1, x.size(0), config_.width}, x.options());
  if (cell == "gru") return std::get<0>(torch::gru(x, zero, weights, true, 1, 0.0, false, false, true));
  return std::get<0>(torch::lstm(x, {zero, zero}, weights, true, 1, 0.0, false, false, true));
}

ClassifierModel::Encoded ClassifierModel::encode(const ModalitySpec& m, const ModalityBatch& batch, double dropout,
                                                 bool training) const {
  const std::string name = "encoders." + m.name;
  if (!batch.values.defined())
    return {torch::zeros({batch.present.size(0), 1, config_.width}), torch::zeros({batch.present.size(0), 1})};
  Tensor x = scaled(m, batch);
  Encoded out{{}, batch.mask};
  if (m.encoder == "cnn") {
    out = m.kind == "picture" ? convolve_picture(name, x)
                              : convolve_sequence(name, x, batch.mask, m.kind == "text" ? 1 : 2);
  } else if (m.encoder == "mlp") {
    x = torch::dropout(x, dropout, training);
    out.tokens = linear(name + ".1", torch::dropout(torch::gelu(linear(name + ".0", x)), dropout, training));
  } else {
    out.tokens = recur(name, m.encoder, x);
    if (m.kind == "picture") out.mask = torch::ones({x.size(0), x.size(1)});
  }
  out.tokens = torch::dropout(norm(name + ".norm", out.tokens), dropout, training);
  return out;
}

/// Gates over modalities for each column. Source: Arevalo et al., "Gated multimodal units for information fusion",
/// 2017, with a softmax for more than two modalities.
Tensor ClassifierModel::fuse_gated(const std::vector<Tensor>& vectors, const Tensor& present) const {
  const auto n = static_cast<int64_t>(vectors.size());
  Tensor gates = linear("fusion.gates", torch::cat(vectors, 1)).view({-1, n, config_.width});
  gates = gates.masked_fill(present.unsqueeze(2) == 0, -1e9).softmax(1);
  std::vector<Tensor> values;
  for (size_t m = 0; m < vectors.size(); ++m)
    values.push_back(torch::tanh(linear("fusion." + config_.modalities[m].name, vectors[m])));
  return (gates * torch::stack(values, 1)).sum(1);
}

/// The product over modalities of W_m [x_m; 1], summed over ranks. Source: Liu et al., "Efficient low-rank multimodal
/// fusion with modality-specific factors", ACL 2018.
Tensor ClassifierModel::fuse_tensor(const std::vector<Tensor>& vectors, const Tensor& present) const {
  Tensor product;  // (rank, B, D)
  for (size_t m = 0; m < vectors.size(); ++m) {
    const std::string name = "fusion." + config_.modalities[m].name;
    const Tensor there = vectors[m] * present.select(1, static_cast<int64_t>(m)).unsqueeze(1);
    const Tensor factor = torch::matmul(there.unsqueeze(0), at(name + ".factor")) + at(name + ".constant");
    product = m == 0 ? factor : product * factor;
  }
  return (product * at("fusion.rank.weight").view({-1, 1, 1})).sum(0) + at("fusion.bias");
}

/// Queries attend to each other and to the tokens of all modalities. Source: Nagrani et al., "Attention bottlenecks for
/// multimodal fusion", NeurIPS 2021, here one layer in which all modalities meet.
Tensor ClassifierModel::fuse_attention(const std::vector<Encoded>& encoded, const Tensor& present) const {
  const int64_t batch = present.size(0), d = config_.width, heads = config_.heads, queries = config_.bottleneck_tokens;
  Tensor x = at("fusion.queries").unsqueeze(0).expand({batch, queries, d});
  std::vector<Tensor> tokens{norm("fusion.attention.norm", x)}, masks{torch::ones({batch, queries})};
  for (size_t m = 0; m < encoded.size(); ++m) {
    tokens.push_back(encoded[m].tokens + at("fusion." + config_.modalities[m].name + ".kind"));
    masks.push_back(encoded[m].mask * present.select(1, static_cast<int64_t>(m)).unsqueeze(1));
  }
  const Tensor keys = torch::cat(tokens, 1);
  const Tensor hidden = (torch::cat(masks, 1) == 0).view({batch, 1, 1, -1});
  const auto split = [&](const Tensor& t) { return t.view({batch, -1, heads, d / heads}).transpose(1, 2); };
  const Tensor q = split(linear("fusion.attention.query", tokens[0])), k = split(linear("fusion.attention.key", keys)),
               v = split(linear("fusion.attention.value", keys));
  const Tensor scores = torch::matmul(q, k.transpose(2, 3)) / std::sqrt(static_cast<double>(d / heads));
  const Tensor seen = torch::matmul(scores.masked_fill(hidden, -1e9).softmax(3), v);  // (B, heads, queries, D / heads)
  x = x + linear("fusion.attention.output", seen.transpose(1, 2).reshape({batch, queries, d}));
  x = x + linear("fusion.mlp.1", torch::gelu(linear("fusion.mlp.0", norm("fusion.mlp.norm", x))));
  return x.mean(1);
}

ClassifierModel::Result ClassifierModel::operator()(const std::vector<ModalityBatch>& batch, double dropout,
                                                    bool training) const {
  std::vector<Encoded> encoded;
  std::vector<Tensor> vectors, there;
  for (size_t m = 0; m < batch.size(); ++m) {
    encoded.push_back(encode(config_.modalities[m], batch[m], dropout, training));
    vectors.push_back(masked_mean(encoded[m].tokens, encoded[m].mask) * batch[m].present.unsqueeze(1));
    there.push_back(batch[m].present);
  }
  const Tensor present = torch::stack(there, 1);  // (B, modalities)
  Tensor joint;
  if (config_.fusion == "concatenate") {
    for (size_t m = 0; m < vectors.size(); ++m)
      vectors[m] =
          torch::where(there[m].unsqueeze(1) > 0, vectors[m], at("fusion." + config_.modalities[m].name + ".missing"));
    joint =
        linear("fusion.1", torch::dropout(torch::gelu(linear("fusion.0", torch::cat(vectors, 1))), dropout, training));
  } else if (config_.fusion == "gated") {
    joint = fuse_gated(vectors, present);
  } else if (config_.fusion == "tensor") {
    joint = fuse_tensor(vectors, present);
  } else {
    joint = fuse_attention(encoded, present);
  }
  joint = norm("head.norm", joint);
  return {linear("head", joint), joint};
}

}  // namespace sensorium
