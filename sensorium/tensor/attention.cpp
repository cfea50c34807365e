#include "sensorium/tensor/attention_rows.h"
#include "sensorium/tensor/gemm.h"
#include "sensorium/tensor/matrix.h"
#include "sensorium/tensor/runtime.h"

namespace sensorium::rt {
namespace {

struct Sizes {
  int64_t batch, heads, head_width;
};

/// [batch, queries, heads * head_width], of the precision's elements.
Tensor attend(const ProjectedRows& q, const ProjectedRows& k, const ProjectedRows& v, const Sizes& s,
              Precision precision, const AttentionMask& mask) {
  const int64_t d = s.head_width, element = q.element;
  const int64_t blocks = (q.tokens + kQueryBlock - 1) / kQueryBlock, heads = s.batch * s.heads;
  Tensor out = Tensor::empty({s.batch, q.tokens, s.heads * d}, precision == Precision::bf16 ? DType::bf16 : DType::f32);
  char* to = static_cast<char*>(out.raw());
  // One task is a head, or a block of its queries where there are few heads; the values are the same.
  const int64_t split = heads >= 2 * num_threads() ? 1 : blocks;
  const HeadSizes sizes{precision, k.tokens, d};
  parallel_ranges(heads * split, 1, [&](int64_t task, int64_t) {
    const int64_t b = task / split / s.heads, column = task / split % s.heads * d;
    const auto storage = pool_allocate(
        static_cast<size_t>(sizes.key_words() + sizes.value_words() + attend_scratch_words(sizes)) * sizeof(Word));
    Word *keys = reinterpret_cast<Word*>(storage.get()), *values = keys + sizes.key_words();
    pack_head(sizes, k.head(b, 0, column), v.head(b, 0, column), keys, values);
    const int64_t* key_mask = mask.key_mask.empty() ? nullptr : mask.key_mask.data() + b * k.tokens;
    for (int64_t block = split == 1 ? 0 : task % split; block < blocks; block += split) {
      const int64_t first = block * kQueryBlock, rows = std::min(kQueryBlock, q.tokens - first);
      attend_head(sizes, q.head(b, first, column), rows, keys, values, mask.causal, first + 1, key_mask,
                  values + sizes.value_words(), to + ((b * q.tokens + first) * s.heads * d + column) * element,
                  s.heads * d);
    }
  });
  return out;
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
  join({&layer.query, &layer.key, &layer.value}, layer.packed, precision());
  prepare(layer.output);
}

void prepare_cross(SelfAttention<Tensor>& layer) {
  if (!layer.query.weight.defined()) return;
  prepare(layer.query);
  join({&layer.key, &layer.value}, layer.packed, precision());
  prepare(layer.output);
}

Tensor self_attention(const Tensor& x, const SelfAttention<Tensor>& layer, const AttentionMask& mask) {
  return self_attention(x, {}, layer, mask);
}

Tensor self_attention(const Tensor& x, const LayerNorm<Tensor>& norm, const SelfAttention<Tensor>& layer,
                      const AttentionMask& mask) {
  check(x, x, layer, mask);
  const int64_t d = layer.query.weight.size(0);
  if (!joins(layer, 3 * d)) {
    const Tensor y = norm.weight.defined() ? layer_norm(x, norm) : x;
    return cross_attention(y, y, layer, mask);
  }
  const Sizes s{x.size(0), layer.num_heads, d / layer.num_heads};
  const Precision precision = attention_precision(layer.packed, s.head_width);
  const Tensor qkv = project(x, norm, layer.packed, precision);  // [B, T, 3D]
  return attend(rows_at(qkv, 0), rows_at(qkv, d), rows_at(qkv, 2 * d), s, precision, mask);
}

Tensor cross_attention(const Tensor& query, const Tensor& x, const SelfAttention<Tensor>& layer,
                       const AttentionMask& mask) {
  check(query, x, layer, mask);
  const int64_t d = layer.query.weight.size(0);
  const Sizes s{x.size(0), layer.num_heads, d / layer.num_heads};
  const bool joined = joins(layer, 2 * d);
  const Precision precision = attention_precision(joined ? layer.packed : layer.key, s.head_width);
  const Tensor q = project(query, {}, layer.query, precision);
  if (joined) {
    const Tensor kv = project(x, {}, layer.packed, precision);  // [B, T, 2D]
    return attend(rows_at(q, 0), rows_at(kv, 0), rows_at(kv, d), s, precision, mask);
  }
  const Tensor k = project(x, {}, layer.key, precision), v = project(x, {}, layer.value, precision);
  return attend(rows_at(q, 0), rows_at(k, 0), rows_at(v, 0), s, precision, mask);
}

}  // namespace sensorium::rt
