#pragma once
// The op vocabulary of "sensorium/tensor/layers.h" over rt::Tensor, on own kernels.
//
// All ops are thread-safe; none changes its arguments. Results do not depend on the number of threads. Tensors are
// float32. Shapes are those of the note in layers.h; a disagreement throws InputError naming the op and both shapes.
// Weights work as loaded; `prepare` makes them fast.

#include "sensorium/tensor/layers.h"
#include "sensorium/tensor/packed_weight.h"
#include "sensorium/tensor/tensor.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace sensorium::rt {

/// Threads that one op may use, for the whole process; 0 (at start) is available_processors(). Thread-safe.
void set_num_threads(int threads);
int num_threads();

/// The precision that `prepare` packs weights to, for the whole process; fp32 at start. Matrix products, attention and
/// convolutions then multiply in it and sum in float32 (int8: int32, with a scale for each row of weights and a range
/// for each row of activations); everything else, and every tensor between ops, is float32. Of int8, convolutions whose
/// windows have at most 64 values are in bf16 where has_fast_bf16(): there int8 saves little and loses most.
void set_precision(Precision precision);
/// Whether this processor multiplies bf16 faster than float32.
bool has_fast_bf16();
Precision precision();

/// Packs the weight once for fast use by `linear` and `add_linear`, LoRA merged into it, in precision(). The weight is
/// then held only so, and to_float() gives it as rounded; that of a layer with LoRA also stays plain. Does nothing for
/// an undefined weight. Not thread-safe, as are all of `prepare`.
void prepare(Linear<Tensor>& layer);
/// The same in a precision of its own.
void prepare(Linear<Tensor>& layer, Precision precision);
/// Packs query, key and value as one (`layer.packed`), and the output projection.
void prepare(SelfAttention<Tensor>& layer);
/// For `cross_attention`: packs the query, and key and value as one (`layer.packed`, [2D, D]), and the output
/// projection.
void prepare_cross(SelfAttention<Tensor>& layer);
/// Folds the normalisation into the convolution (in double precision) and packs it for `conv_norm`. Gives the precision
/// that it is packed in.
Precision prepare(Conv2d<Tensor>& conv, const BatchNorm2d<Tensor>& norm);
/// Packs the weight for `patch_embed` (kernel = stride, no padding).
void prepare_patches(Conv2d<Tensor>& conv);

/// Uses weights as a file holds them packed, without a copy, for layers whose weights have only shapes so far. Throw
/// InputError naming the file where the sizes disagree. A convolution's has its normalisation folded in, whose own
/// weights give the rest; which way it is to be computed in is told by its size, whatever this processor would choose.
void adopt(Linear<Tensor>& layer, const PackedWeight& weight);
void adopt(SelfAttention<Tensor>& layer, const PackedWeight& qkv, const PackedWeight& output);
void adopt_cross(SelfAttention<Tensor>& layer, const PackedWeight& query, const PackedWeight& kv,
                 const PackedWeight& output);
void adopt(Conv2d<Tensor>& layer, const BatchNorm2d<Tensor>& norm, const PackedWeight& weight);
void adopt_patches(Conv2d<Tensor>& layer, const PackedWeight& weight);
/// How a prepared layer's weight is packed, to be written; nothing for a view of another's.
std::optional<PackedWeight> packed_weight(const Tensor& weight);

Tensor linear(const Tensor& x, const Linear<Tensor>& layer, Activation act = Activation::none);
Tensor add_linear(const Tensor& residual, const Tensor& x, const Linear<Tensor>& layer);
Tensor add_mlp(const Tensor& x, const LayerNorm<Tensor>& norm, const Linear<Tensor>& fc1, Activation act,
               const Linear<Tensor>& fc2);
Tensor layer_norm(const Tensor& x, const LayerNorm<Tensor>& layer);
Tensor add_layer_norm(const Tensor& x, const Tensor& residual, const LayerNorm<Tensor>& layer);

/// A query that may see no key gives the mean of all values, as a softmax over equal (all minimal) scores does in
/// `transformers`.
Tensor self_attention(const Tensor& x, const SelfAttention<Tensor>& layer, const AttentionMask& mask);
Tensor self_attention(const Tensor& x, const LayerNorm<Tensor>& norm, const SelfAttention<Tensor>& layer,
                      const AttentionMask& mask);
Tensor cross_attention(const Tensor& query, const Tensor& x, const SelfAttention<Tensor>& layer,
                       const AttentionMask& mask);

/// An id outside the table throws InputError.
Tensor embed_tokens(const TokenIds& tokens, const Embedding<Tensor>& table);
Tensor add_rows(const Tensor& x, const Tensor& rows, int64_t first_row = 0);
Tensor add_token_types(const Tensor& x, const std::vector<int64_t>& types, const Embedding<Tensor>& table);
Tensor patch_embed(const Tensor& pixels, const Conv2d<Tensor>& conv);
Tensor prepend_token(const Tensor& x, const Tensor& token);
Tensor select_tokens(const Tensor& x, const std::vector<int64_t>& index);
Tensor mean_tokens(const Tensor& x, const std::vector<int64_t>& mask);
Tensor expand_batch(const Tensor& x, int64_t batch);

Tensor conv_norm(const Tensor& x, const Conv2d<Tensor>& conv, const BatchNorm2d<Tensor>& norm,
                 Activation act = Activation::none);
Tensor conv_norm_add(const Tensor& residual, const Tensor& x, const Conv2d<Tensor>& conv,
                     const BatchNorm2d<Tensor>& norm, Activation act);
Tensor max_pool2d(const Tensor& x, int kernel, int stride, int padding);
Tensor avg_pool2d(const Tensor& x, int kernel);
Tensor global_avg_pool(const Tensor& x);
Tensor flatten_positions(const Tensor& x);

Tensor activation(const Tensor& x, Activation act);
Tensor add(const Tensor& a, const Tensor& b);
Tensor l2_normalize(const Tensor& x, float epsilon);
Tensor similarity(const Tensor& a, const Tensor& b, const Tensor& logit_scale, const Tensor& logit_bias);

/// So that a part's activations take about 7 MiB, a share of a third-level cache beside the weights of a layer; 64 MiB
/// where products are much faster than weights come (AMX).
int64_t batch_part(const Tensor& x, int64_t values);
Tensor slice_batch(const Tensor& x, int64_t first, int64_t last);
Tensor join_batches(const std::vector<Tensor>& parts);

inline int64_t size_of(const Tensor& x, int dimension) {
  return x.size(dimension);
}
inline bool is_defined(const Tensor& x) {
  return x.defined();
}

}  // namespace sensorium::rt
