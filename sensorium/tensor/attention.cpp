#include "sensorium/tensor/kernels.h"
#include "sensorium/tensor/matrix.h"
#include "sensorium/tensor/runtime.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace sensorium::rt {
namespace {

constexpr int64_t kQueryBlock = 48;

/// Rows of head-wise operands: token t of batch b starts at data + (b * tokens + t) * stride.
struct Rows {
  const float* data;
  int64_t stride, tokens;
};

struct Sizes {
  int64_t batch, heads, head_width;
};

float* floats(const std::shared_ptr<std::byte>& p) {
  return reinterpret_cast<float*>(p.get());
}

/// One head: K^T and V copied so that both products run over whole vectors.
struct HeadOperands {
  int64_t keys, keys_padded, width_padded;
  std::shared_ptr<std::byte> keys_storage, values_storage;
  const float* keys_transposed;  // [width, keys_padded]
  const float* values;           // [keys, values_stride]
  int64_t values_stride;

  HeadOperands(const Rows& k, const Rows& v, const Sizes& s, int64_t b, int64_t h)
      : keys(k.tokens), keys_padded(round_up(keys, kPad)), width_padded(round_up(s.head_width, kPad)) {
    const int64_t d = s.head_width;
    keys_storage = pool_allocate(static_cast<size_t>(d * keys_padded) * sizeof(float));
    float* t = floats(keys_storage);
    for (int64_t i = 0; i < d; ++i) std::fill(t + i * keys_padded + keys, t + (i + 1) * keys_padded, 0.f);
    for (int64_t j = 0; j < keys; ++j) {
      const float* row = k.data + (b * keys + j) * k.stride + h * d;
      for (int64_t i = 0; i < d; ++i) t[i * keys_padded + j] = row[i];
    }
    keys_transposed = t;
    values = v.data + b * keys * v.stride + h * d;
    values_stride = v.stride;
    if (width_padded == d) return;
    values_storage = pool_allocate(static_cast<size_t>(keys * width_padded) * sizeof(float));
    float* padded = floats(values_storage);
    for (int64_t j = 0; j < keys; ++j) {
      std::memcpy(padded + j * width_padded, values + j * v.stride, static_cast<size_t>(d) * sizeof(float));
      std::fill(padded + j * width_padded + d, padded + (j + 1) * width_padded, 0.f);
    }
    values = padded;
    values_stride = width_padded;
  }
};

/// Scores of one query to weights over the keys it may see, in place. Where it may see none, all weights are equal.
void normalise(float* scores, int64_t keys, int64_t visible, const int64_t* key_mask, float scale) {
  constexpr float kHidden = -std::numeric_limits<float>::infinity();
  bool any = key_mask == nullptr && visible > 0;
  if (key_mask != nullptr) {
    for (int64_t j = 0; j < visible; ++j) {
      if (key_mask[j] == 0)
        scores[j] = kHidden;
      else
        any = true;
    }
  }
  if (!any) {
    std::fill_n(scores, keys, 1.f / static_cast<float>(keys));
    return;
  }
  kernels().softmax(scores, visible, scale);
  std::fill(scores + visible, scores + keys, 0.f);
}

/// out [batch, queries, heads * head_width].
void attend(const Rows& q, const Rows& k, const Rows& v, const Sizes& s, const AttentionMask& mask, float* out) {
  const int64_t d = s.head_width, blocks = (q.tokens + kQueryBlock - 1) / kQueryBlock;
  const float scale = static_cast<float>(1 / std::sqrt(static_cast<double>(d)));
  const int threads = use_threads();
  const int64_t heads = s.batch * s.heads;
  // One task is a head, or a block of its queries where there are few heads; the values are the same.
  const int64_t split = heads >= 2 * threads ? 1 : blocks;
  parallel_ranges(heads * split, 1, [&](int64_t task, int64_t) {
    const int64_t b = task / split / s.heads, h = task / split % s.heads;
    const HeadOperands head(k, v, s, b, h);
    const int64_t* key_mask = mask.key_mask.empty() ? nullptr : mask.key_mask.data() + b * k.tokens;
    const auto scratch = pool_allocate(static_cast<size_t>(kQueryBlock * (head.keys_padded + head.width_padded)) * 4);
    float *scores = floats(scratch), *joined = scores + kQueryBlock * head.keys_padded;
    for (int64_t block = split == 1 ? 0 : task % split; block < blocks; block += split) {
      const int64_t first = block * kQueryBlock, rows = std::min(kQueryBlock, q.tokens - first);
      const float* queries = q.data + (b * q.tokens + first) * q.stride + h * d;
      kernels().gemm(rows, head.keys_padded, d, queries, q.stride, head.keys_transposed, head.keys_padded, scores,
                     head.keys_padded);
      for (int64_t r = 0; r < rows; ++r)
        normalise(scores + r * head.keys_padded, head.keys,
                  mask.causal ? std::min(head.keys, first + r + 1) : head.keys, key_mask, scale);
      kernels().gemm(rows, head.width_padded, head.keys, scores, head.keys_padded, head.values, head.values_stride,
                     joined, head.width_padded);
      for (int64_t r = 0; r < rows; ++r)
        std::memcpy(out + ((b * q.tokens + first + r) * s.heads + h) * d, joined + r * head.width_padded,
                    static_cast<size_t>(d) * sizeof(float));
    }
  });
}

void check(const Tensor& query, const Tensor& x, const SelfAttention<Tensor>& layer, const AttentionMask& mask) {
  require(x.defined() && x.rank() == 3, "attention", "values [B, T, D]", x);
  require(query.defined() && query.rank() == 3 && query.size(0) == x.size(0), "attention",
          "queries [B, Q, D] of the same batch", query);
  const int64_t width = layer.query.weight.size(0);
  if (layer.num_heads < 1 || width % layer.num_heads != 0)
    throw InputError("attention", "expected a width that is a multiple of {} heads, got {}", layer.num_heads, width);
  if (!mask.key_mask.empty() && static_cast<int64_t>(mask.key_mask.size()) != x.size(0) * x.size(1))
    throw InputError("attention", "expected a key mask of {} x {} values, got {}", x.size(0), x.size(1),
                     mask.key_mask.size());
}

}  // namespace

void prepare(SelfAttention<Tensor>& layer) {
  if (!layer.query.weight.defined()) return;
  layer.packed = joined({&layer.query, &layer.key, &layer.value});
  prepare(layer.output);
}

void prepare_cross(SelfAttention<Tensor>& layer) {
  if (!layer.query.weight.defined()) return;
  prepare(layer.query);
  layer.packed = joined({&layer.key, &layer.value});
  prepare(layer.output);
}

Tensor self_attention(const Tensor& x, const SelfAttention<Tensor>& layer, const AttentionMask& mask) {
  check(x, x, layer, mask);
  const int64_t d = layer.query.weight.size(0), tokens = x.size(1);
  if (!layer.packed.weight.defined() || layer.packed.weight.size(0) != 3 * d) return cross_attention(x, x, layer, mask);
  const Sizes s{x.size(0), layer.num_heads, d / layer.num_heads};
  const Tensor qkv = linear(x, layer.packed);  // [B, T, 3D]
  Tensor out = Tensor::empty({x.size(0), tokens, d});
  attend({qkv.data(), 3 * d, tokens}, {qkv.data() + d, 3 * d, tokens}, {qkv.data() + 2 * d, 3 * d, tokens}, s, mask,
         out.mutable_data());
  return out;
}

Tensor cross_attention(const Tensor& query, const Tensor& x, const SelfAttention<Tensor>& layer,
                       const AttentionMask& mask) {
  check(query, x, layer, mask);
  const int64_t d = layer.query.weight.size(0), tokens = x.size(1);
  const Sizes s{x.size(0), layer.num_heads, d / layer.num_heads};
  const Tensor q = linear(query, layer.query);
  const Rows queries{q.data(), d, q.size(1)};
  Tensor out = Tensor::empty(q.shape());
  if (layer.packed.weight.defined() && layer.packed.weight.size(0) == 2 * d) {
    const Tensor kv = linear(x, layer.packed);  // [B, T, 2D]
    attend(queries, {kv.data(), 2 * d, tokens}, {kv.data() + d, 2 * d, tokens}, s, mask, out.mutable_data());
  } else {
    const Tensor k = linear(x, layer.key), v = linear(x, layer.value);
    attend(queries, {k.data(), d, tokens}, {v.data(), d, tokens}, s, mask, out.mutable_data());
  }
  return out;
}

}  // namespace sensorium::rt
