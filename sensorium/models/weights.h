#pragma once
// A model's weights, listed once: name in the checkpoint, shape, first value. Loading, saving, counting, initialising,
// packing, adapters and the optimiser's groups all come from that list.

#include "sensorium/tensor/layers.h"

#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace sensorium {

/// Whose tensor names and shapes a checkpoint uses.
enum class Layout { hugging_face, open_clip };

/// First value of a weight: `mean` everywhere, plus normal noise of deviation `deviation`, or uniform noise within
/// +-`bound`.
struct Init {
  float mean = 0, deviation = 0, bound = 0;
  static Init constant(float value) { return {value, 0, 0}; }
  static Init normal(double deviation) { return {0, static_cast<float>(deviation), 0}; }
  /// Glorot and Bengio (2010): within sqrt(6 / (in + out)).
  static Init xavier(int64_t in, int64_t out) {
    return {0, 0, static_cast<float>(std::sqrt(6.0 / static_cast<double>(in + out)))};
  }
  /// He et al. (2015), fan-out, for convolutions before a ReLU.
  static Init he(int64_t out, int64_t kernel) {
    return normal(std::sqrt(2.0 / static_cast<double>(out * kernel * kernel)));
  }
};

/// One weight. `shape` is that of the tensor in the model. In the file it may be transposed (2-D), one of `parts` equal
/// parts along the first dimension of a larger tensor, or have `stored_shape` (same values, other dimensions).
struct WeightSpec {
  std::string name = {};
  std::vector<int64_t> shape = {};
  Init init = {};
  bool transpose = false;
  int part = 0, parts = 1;
  bool buffer = false;  // moves with the data, not with gradients (BatchNorm's running values)
  bool has_stored_shape = false;
  std::vector<int64_t> stored_shape = {};

  /// The shape of the whole tensor in the file.
  std::vector<int64_t> file_shape() const;
};

/// Receives a model's weights and layers in a fixed order. Layers come after their own weights.
template <class T>
class WeightVisitor {
 public:
  virtual ~WeightVisitor() = default;
  virtual void weight(const WeightSpec& spec, T& value) = 0;
  /// `module` is the layer's path in Hugging Face's names, as adapters spell it; in other layouts as that layout does.
  virtual void linear(const std::string& module, Linear<T>& layer) { (void)module, (void)layer; }
  /// Paths of query, key, value and output.
  virtual void attention(const std::array<std::string, 4>& modules, SelfAttention<T>& layer) {
    (void)modules, (void)layer;
  }
  /// An attention whose queries come from elsewhere than its keys.
  virtual void cross_attention(const std::array<std::string, 4>& modules, SelfAttention<T>& layer) {
    (void)modules, (void)layer;
  }
  virtual void patches(const std::string& module, Conv2d<T>& layer) { (void)module, (void)layer; }
  /// A convolution under its own path, with the normalisation behind it.
  virtual void conv_norm(const std::string& module, Conv2d<T>& layer, BatchNorm2d<T>& norm) {
    (void)module, (void)layer, (void)norm;
  }
};

/// A visitor that only sees the weights, from a function.
template <class T>
class WeightFunction : public WeightVisitor<T> {
 public:
  explicit WeightFunction(std::function<void(const WeightSpec&, T&)> f) : f_(std::move(f)) {}
  void weight(const WeightSpec& spec, T& value) override { f_(spec, value); }

 private:
  std::function<void(const WeightSpec&, T&)> f_;
};

// What families describe themselves with. Each gives the layer's weights to the visitor, then the layer.

/// NAME.weight [out, in] and, with `bias`, NAME.bias [out] (0).
template <class T>
void describe_linear(WeightVisitor<T>& v, const std::string& name, Linear<T>& l, int64_t out, int64_t in, Init init,
                     bool bias = true) {
  v.weight({.name = name + ".weight", .shape = {out, in}, .init = init}, l.weight);
  if (bias) v.weight({.name = name + ".bias", .shape = {out}, .init = {}}, l.bias);
  v.linear(name, l);
}

/// A projection without bias: NAME.weight [out, in], or in open_clip's layout NAME [in, out], applied as x @ P.
template <class T>
void describe_projection(WeightVisitor<T>& v, const std::string& name, Linear<T>& l, int64_t out, int64_t in, Init init,
                         Layout layout) {
  if (layout == Layout::hugging_face) return describe_linear(v, name, l, out, in, init, false);
  v.weight({.name = name, .shape = {out, in}, .init = init, .transpose = true}, l.weight);
  v.linear(name, l);
}

template <class T>
void describe_layer_norm(WeightVisitor<T>& v, const std::string& name, LayerNorm<T>& n, int64_t width) {
  v.weight({.name = name + ".weight", .shape = {width}, .init = Init::constant(1)}, n.weight);
  v.weight({.name = name + ".bias", .shape = {width}, .init = {}}, n.bias);
}

/// Weight CONV.weight [out, in, kernel, kernel] without bias, then NORM.weight, bias, running_mean, running_var.
/// `gain` is the norm's first weight.
template <class T>
void describe_conv_norm(WeightVisitor<T>& v, const std::string& conv, const std::string& norm, Conv2d<T>& c,
                        BatchNorm2d<T>& n, int64_t out, int64_t in, int64_t kernel, float gain = 1) {
  v.weight({.name = conv + ".weight", .shape = {out, in, kernel, kernel}, .init = Init::he(out, kernel)}, c.weight);
  v.weight({.name = norm + ".weight", .shape = {out}, .init = Init::constant(gain)}, n.weight);
  v.weight({.name = norm + ".bias", .shape = {out}, .init = {}}, n.bias);
  v.weight({.name = norm + ".running_mean", .shape = {out}, .init = {}, .buffer = true}, n.running_mean);
  v.weight({.name = norm + ".running_var", .shape = {out}, .init = Init::constant(1), .buffer = true}, n.running_var);
  v.conv_norm(conv, c, n);
}

/// First values of an attention's projections: of query, key and value, and of the output.
struct AttentionInit {
  Init in, out;
};

/// The projection of patches: NAME.weight [width, channels, patch, patch] and, with `bias`, NAME.bias.
template <class T>
void describe_patches(WeightVisitor<T>& v, const std::string& name, Conv2d<T>& c, int64_t width, int64_t channels,
                      int64_t patch, Init init, bool bias) {
  v.weight({.name = name + ".weight", .shape = {width, channels, patch, patch}, .init = init}, c.weight);
  if (bias) v.weight({.name = name + ".bias", .shape = {width}, .init = {}}, c.bias);
  v.patches(name, c);
}

/// Four separate projections under the given paths: query, key, value (with `bias` or without) and output.
template <class T>
void describe_attention(WeightVisitor<T>& v, const std::array<std::string, 4>& names, SelfAttention<T>& a,
                        int64_t width, AttentionInit init, bool bias = true) {
  Linear<T>* layers[4] = {&a.query, &a.key, &a.value, &a.output};
  for (int i = 0; i < 4; ++i) {
    v.weight({.name = names[i] + ".weight", .shape = {width, width}, .init = i < 3 ? init.in : init.out},
             layers[i]->weight);
    if (bias || i == 3) v.weight({.name = names[i] + ".bias", .shape = {width}, .init = {}}, layers[i]->bias);
  }
  v.attention(names, a);
}

/// torch.nn.MultiheadAttention's names: PREFIX.in_proj_weight and in_proj_bias hold query, key and value. The layer
/// itself is for the caller to give to the visitor, as attention or cross attention.
template <class T>
void describe_fused_attention(WeightVisitor<T>& v, const std::string& prefix, SelfAttention<T>& a, int64_t width,
                              AttentionInit init) {
  Linear<T>* layers[3] = {&a.query, &a.key, &a.value};
  for (int i = 0; i < 3; ++i) {
    v.weight({.name = prefix + ".in_proj_weight", .shape = {width, width}, .init = init.in, .part = i, .parts = 3},
             layers[i]->weight);
    v.weight({.name = prefix + ".in_proj_bias", .shape = {width}, .init = {}, .part = i, .parts = 3}, layers[i]->bias);
  }
  v.weight({.name = prefix + ".out_proj.weight", .shape = {width, width}, .init = init.out}, a.output.weight);
  v.weight({.name = prefix + ".out_proj.bias", .shape = {width}, .init = {}}, a.output.bias);
}

/// The paths of four projections that share a prefix, in CLIP's names.
inline std::array<std::string, 4> attention_paths(const std::string& prefix) {
  return {prefix + ".q_proj", prefix + ".k_proj", prefix + ".v_proj", prefix + ".out_proj"};
}

}  // namespace sensorium
