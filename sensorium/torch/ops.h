#pragma once
// The op vocabulary of "sensorium/tensor/layers.h" over torch::Tensor: autograd, any device, autocast.
//
// Include this before a model's "..._impl.h". All ops are differentiable and thread-safe, none changes its arguments
// (batch_norm's running values in training apart). Ids and masks are host vectors, moved to the weights' device. Shapes
// are those of the note in layers.h; torch's own errors stand for a disagreement.

#include "sensorium/tensor/layers.h"
#include "sensorium/tensor/packed_weight.h"
#include "sensorium/tensor/traits.h"

#include <torch/types.h>

namespace sensorium {

torch::Tensor linear(const torch::Tensor& x, const Linear<torch::Tensor>& layer, Activation act = Activation::none);
torch::Tensor add_linear(const torch::Tensor& residual, const torch::Tensor& x, const Linear<torch::Tensor>& layer);
torch::Tensor add_mlp(const torch::Tensor& x, const LayerNorm<torch::Tensor>& norm, const Linear<torch::Tensor>& fc1,
                      Activation act, const Linear<torch::Tensor>& fc2);
torch::Tensor layer_norm(const torch::Tensor& x, const LayerNorm<torch::Tensor>& layer);
torch::Tensor add_layer_norm(const torch::Tensor& x, const torch::Tensor& residual,
                             const LayerNorm<torch::Tensor>& layer);

/// A query that may see no key gives the mean of all values, as in `transformers`.
torch::Tensor self_attention(const torch::Tensor& x, const SelfAttention<torch::Tensor>& layer,
                             const AttentionMask& mask);
torch::Tensor self_attention(const torch::Tensor& x, const LayerNorm<torch::Tensor>& norm,
                             const SelfAttention<torch::Tensor>& layer, const AttentionMask& mask);
torch::Tensor cross_attention(const torch::Tensor& query, const torch::Tensor& x,
                              const SelfAttention<torch::Tensor>& layer, const AttentionMask& mask);

/// An id outside the table throws InputError.
torch::Tensor embed_tokens(const TokenIds& tokens, const Embedding<torch::Tensor>& table);
torch::Tensor add_rows(const torch::Tensor& x, const torch::Tensor& rows, int64_t first_row = 0);
torch::Tensor add_token_types(const torch::Tensor& x, const std::vector<int64_t>& types,
                              const Embedding<torch::Tensor>& table);
torch::Tensor patch_embed(const torch::Tensor& pixels, const Conv2d<torch::Tensor>& conv);
torch::Tensor prepend_token(const torch::Tensor& x, const torch::Tensor& token);
torch::Tensor first_token(const torch::Tensor& x);
torch::Tensor select_tokens(const torch::Tensor& x, const std::vector<int64_t>& index);
torch::Tensor mean_tokens(const torch::Tensor& x, const std::vector<int64_t>& mask);
torch::Tensor expand_batch(const torch::Tensor& x, int64_t batch);

torch::Tensor conv_norm(const torch::Tensor& x, const Conv2d<torch::Tensor>& conv,
                        const BatchNorm2d<torch::Tensor>& norm, Activation act = Activation::none);
torch::Tensor conv_norm_add(const torch::Tensor& residual, const torch::Tensor& x, const Conv2d<torch::Tensor>& conv,
                            const BatchNorm2d<torch::Tensor>& norm, Activation act);
torch::Tensor max_pool2d(const torch::Tensor& x, int kernel, int stride, int padding);
torch::Tensor avg_pool2d(const torch::Tensor& x, int kernel);
torch::Tensor global_avg_pool(const torch::Tensor& x);
torch::Tensor flatten_positions(const torch::Tensor& x);

torch::Tensor activation(const torch::Tensor& x, Activation act);
/// Not callable without `sensorium::` on plain tensors, where at::add is as good a match: models use fused ops instead.
torch::Tensor add(const torch::Tensor& a, const torch::Tensor& b);
torch::Tensor l2_normalize(const torch::Tensor& x, float epsilon);
torch::Tensor similarity(const torch::Tensor& a, const torch::Tensor& b, const torch::Tensor& logit_scale,
                         const torch::Tensor& logit_bias);

inline int64_t size_of(const torch::Tensor& x, int dimension) {
  return x.size(dimension);
}
inline bool is_defined(const torch::Tensor& x) {
  return x.defined();
}

/// LibTorch packs nothing.
/// All of it at once: what is kept for gradients is kept anyway.
inline int64_t batch_part(const torch::Tensor& x, int64_t) {
  return x.size(0);
}
inline torch::Tensor slice_batch(const torch::Tensor& x, int64_t first, int64_t last) {
  return x.slice(0, first, last);
}
inline torch::Tensor join_batches(const std::vector<torch::Tensor>& parts) {
  return torch::cat(parts);
}

inline void prepare(Linear<torch::Tensor>&) {}
inline void prepare(SelfAttention<torch::Tensor>&) {}
inline void prepare_cross(SelfAttention<torch::Tensor>&) {}
inline void prepare(Conv2d<torch::Tensor>&, const BatchNorm2d<torch::Tensor>&) {}
inline void prepare_patches(Conv2d<torch::Tensor>&) {}
/// Packed weights are the lean runtime's: these throw InputError naming the file.
void adopt(Linear<torch::Tensor>& layer, const PackedWeight& weight);
void adopt(SelfAttention<torch::Tensor>& layer, const PackedWeight& qkv, const PackedWeight& output);
void adopt_cross(SelfAttention<torch::Tensor>& layer, const PackedWeight& query, const PackedWeight& kv,
                 const PackedWeight& output);
void adopt(Conv2d<torch::Tensor>& layer, const BatchNorm2d<torch::Tensor>& norm, const PackedWeight& weight);
void adopt_patches(Conv2d<torch::Tensor>& layer, const PackedWeight& weight);

template <>
struct TensorTraits<torch::Tensor> {
  static torch::Tensor from_float(const float* data, const std::vector<int64_t>& shape);
  static torch::Tensor from_file(const float* data, const std::vector<int64_t>& shape, std::shared_ptr<const void>) {
    return from_float(data, shape);
  }
  static torch::Tensor from_pixels(const uint8_t* bytes, const std::vector<int64_t>& shape, const PixelTable& table);
  static torch::Tensor only_shape(const std::vector<int64_t>& shape) { return torch::empty(shape); }
  static std::vector<float> to_float(const torch::Tensor& x);
  static std::vector<int64_t> shape(const torch::Tensor& x) { return x.sizes().vec(); }
};

/// Makes the whole process compute the same bits at each run: deterministic algorithms.
void set_deterministic();

}  // namespace sensorium
