#pragma once
// The transformer layer that ViT, CLIP and SigLIP share (normalise first) and BERT's (normalise after), and the capture
// of intermediate values.

#include "sensorium/models/parts.h"
#include "sensorium/models/weights.h"
#include "sensorium/tensor/traits.h"

#include <functional>
#include <string>
#include <vector>

namespace sensorium {

/// Called with a name ("hidden_state.0", "last_hidden_state", ...) and a value as a tower computes it; empty: not at
/// all.
template <class T>
using Capture = std::function<void(const std::string&, const T&)>;

template <class T>
void keep(const Capture<T>& capture, const std::string& name, const T& value) {
  if (capture) capture(name, value);
}

template <class T>
struct TransformerLayer {
  LayerNorm<T> norm1, norm2;
  SelfAttention<T> attention;
  Linear<T> fc1, fc2;
};

/// A stack of layers with what they have in common.
template <class T>
struct Transformer {
  std::vector<TransformerLayer<T>> layers;
  Activation act = Activation::gelu;
};

/// Sizes of a stack; all layers are equal.
struct TransformerSizes {
  int64_t width, heads, layers, mlp_width;
  double epsilon;
};

/// Empty layers with the settings that are not weights. Throws InputError naming `source` when the heads do not divide
/// the width.
template <class T>
Transformer<T> make_transformer(const TransformerSizes& sizes, Activation act, const std::string& source) {
  if (sizes.width % sizes.heads != 0)
    throw InputError("config", "{}: expected a width that {} attention heads divide, got {}", source, sizes.heads,
                     sizes.width);
  Transformer<T> t;
  t.act = act;
  t.layers.resize(static_cast<size_t>(sizes.layers));
  for (auto& layer : t.layers) {
    layer.attention.num_heads = static_cast<int>(sizes.heads);
    layer.norm1.epsilon = layer.norm2.epsilon = static_cast<float>(sizes.epsilon);
  }
  return t;
}

/// The mask of rows [first, first + rows) of a batch of `tokens` tokens.
inline AttentionMask mask_of(const AttentionMask& mask, int64_t first, int64_t rows, int64_t tokens) {
  if (mask.key_mask.empty()) return mask;
  const auto begin = mask.key_mask.begin() + first * tokens;
  return {mask.causal, {begin, begin + rows * tokens}};
}

/// Feeds x [B,T,D] through layers that normalise before attention and before the MLP. Captures "hidden_state.0" (the
/// input) to ".n".
template <class T>
T run_pre_norm(T x, const Transformer<T>& t, const AttentionMask& mask, const Capture<T>& capture) {
  if (!capture && !t.layers.empty()) {
    // What lasts from layer to layer: hidden values do not leave a task.
    const int64_t tokens = size_of(x, 1), values = tokens * size_of(x, 2);
    if (size_of(x, 0) > batch_part(x, values))
      return in_parts(x, values, [&](const T& part, int64_t first) {
        return run_pre_norm(part, t, mask_of(mask, first, size_of(part, 0), tokens), capture);
      });
  }
  keep(capture, "hidden_state.0", x);
  for (size_t i = 0; i < t.layers.size(); ++i) {
    const auto& l = t.layers[i];
    x = add_linear(x, self_attention(x, l.norm1, l.attention, mask), l.attention.output);
    x = add_mlp(x, l.norm2, l.fc1, t.act, l.fc2);
    keep(capture, "hidden_state." + std::to_string(i + 1), x);
  }
  return x;
}

/// The same with layers that normalise after each sum (Devlin et al., "BERT", 2018).
template <class T>
T run_post_norm(T x, const Transformer<T>& t, const AttentionMask& mask, const Capture<T>& capture) {
  keep(capture, "hidden_state.0", x);
  for (size_t i = 0; i < t.layers.size(); ++i) {
    const auto& l = t.layers[i];
    const T attended = add_layer_norm(linear(self_attention(x, l.attention, mask), l.attention.output), x, l.norm1);
    x = layer_norm(add_mlp(attended, LayerNorm<T>(), l.fc1, t.act, l.fc2), l.norm2);
    keep(capture, "hidden_state." + std::to_string(i + 1), x);
  }
  return x;
}

/// First values of a stack's weights.
struct TransformerInit {
  AttentionInit attention;
  Init fc1, fc2;
};

/// OpenAI's for CLIP: residual branches shrink with depth, as in GPT-2 (Radford et al., 2021, released code).
inline TransformerInit openai_init(const TransformerSizes& s) {
  const double width = static_cast<double>(s.width), layers = static_cast<double>(s.layers);
  const Init branch = Init::normal(1 / std::sqrt(width * 2 * layers));
  return {{Init::normal(1 / std::sqrt(width)), branch}, Init::normal(1 / std::sqrt(2 * width)), branch};
}

/// Normal noise of one deviation everywhere, as BERT and ViT begin.
inline TransformerInit uniform_init(double deviation = 0.02) {
  const Init i = Init::normal(deviation);
  return {{i, i}, i, i};
}

/// Xavier everywhere, as SigLIP begins.
inline TransformerInit xavier_init(const TransformerSizes& s) {
  const Init square = Init::xavier(s.width, s.width), wide = Init::xavier(s.width, s.mlp_width);
  return {{square, square}, wide, wide};
}

/// Hugging Face's CLIP names under `prefix` ("text_model.encoder.layers.").
template <class T>
void describe_clip_layers(WeightVisitor<T>& v, const std::string& prefix, Transformer<T>& t, const TransformerSizes& s,
                          const TransformerInit& init) {
  for (size_t i = 0; i < t.layers.size(); ++i) {
    const std::string p = prefix + std::to_string(i) + ".";
    auto& l = t.layers[i];
    describe_layer_norm(v, p + "layer_norm1", l.norm1, s.width);
    describe_attention(v, attention_paths(p + "self_attn"), l.attention, s.width, init.attention);
    describe_layer_norm(v, p + "layer_norm2", l.norm2, s.width);
    describe_linear(v, p + "mlp.fc1", l.fc1, s.mlp_width, s.width, init.fc1);
    describe_linear(v, p + "mlp.fc2", l.fc2, s.width, s.mlp_width, init.fc2);
  }
}

/// OpenAI's and open_clip's names under `prefix` ("transformer.resblocks.").
template <class T>
void describe_open_clip_layers(WeightVisitor<T>& v, const std::string& prefix, Transformer<T>& t,
                               const TransformerSizes& s, const TransformerInit& init) {
  for (size_t i = 0; i < t.layers.size(); ++i) {
    const std::string p = prefix + std::to_string(i) + ".";
    auto& l = t.layers[i];
    describe_layer_norm(v, p + "ln_1", l.norm1, s.width);
    describe_fused_attention(v, p + "attn", l.attention, s.width, init.attention);
    v.attention(attention_paths(p + "attn"), l.attention);
    describe_layer_norm(v, p + "ln_2", l.norm2, s.width);
    describe_linear(v, p + "mlp.c_fc", l.fc1, s.mlp_width, s.width, init.fc1);
    describe_linear(v, p + "mlp.c_proj", l.fc2, s.width, s.mlp_width, init.fc2);
  }
}

}  // namespace sensorium
