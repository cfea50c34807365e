#include "sensorium/tensor/decode.h"

#include "sensorium/tensor/attention_rows.h"
#include "sensorium/tensor/ops.h"
#include "sensorium/tensor/runtime.h"

#include <cstring>

namespace sensorium::rt {
namespace {

/// A cache grows by this many tokens.
constexpr int64_t kCacheStep = 16;

float* floats(const std::shared_ptr<std::byte>& p) {
  return reinterpret_cast<float*>(p.get());
}

/// How a source's keys and values of one head are packed, and how many.
HeadSizes head_sizes(const SelfAttention<Tensor>& layer, int64_t tokens) {
  const int64_t d = layer.query.weight.size(0), head = d / layer.num_heads;
  return {attention_precision(joins(layer, 2 * d) ? layer.packed : layer.key, head), tokens, head};
}

/// Dot product in eight strands, which vectorise.
float dot(const float* a, const float* b, int64_t n) {
  constexpr int64_t kStrands = 8;
  float sums[kStrands] = {};
  int64_t i = 0;
  for (; i + kStrands <= n; i += kStrands)
    for (int64_t s = 0; s < kStrands; ++s) sums[s] += a[i + s] * b[i + s];
  float total = 0;
  for (const float sum : sums) total += sum;
  for (; i < n; ++i) total += a[i] * b[i];
  return total;
}

/// Room for `more` tokens of `rows` rows of width d.
void grow(KeyValueCache<Tensor>& cache, int64_t rows, int64_t more, int64_t d) {
  const int64_t needed = cache.length + more;
  if (cache.keys.defined() && cache.keys.size(1) >= needed) return;
  for (Tensor* t : {&cache.keys, &cache.values}) {
    Tensor larger = Tensor::empty({rows, round_up(needed, kCacheStep), d});
    for (int64_t r = 0; r < rows && cache.length > 0; ++r)
      std::memcpy(larger.mutable_data() + r * larger.size(1) * d, t->data() + r * t->size(1) * d,
                  static_cast<size_t>(cache.length * d) * sizeof(float));
    *t = larger;
  }
}

}  // namespace

CrossKeys<Tensor> project_cross(const Tensor& x, const SelfAttention<Tensor>& layer) {
  require(x.defined() && x.rank() == 3, "project_cross", "states [B, T, S]", x);
  const int64_t batch = x.size(0), tokens = x.size(1), heads = layer.num_heads, d = layer.query.weight.size(0);
  const HeadSizes sizes = head_sizes(layer, tokens);
  const bool joined = joins(layer, 2 * d);
  const Tensor k = project(x, {}, joined ? layer.packed : layer.key, sizes.precision);
  const Tensor v = joined ? k : project(x, {}, layer.value, sizes.precision);
  const ProjectedRows key_rows = rows_at(k, 0), value_rows = rows_at(v, joined ? d : 0);
  CrossKeys<Tensor> cross{Tensor::empty({batch, heads, sizes.key_words()}),
                          Tensor::empty({batch, heads, sizes.value_words()}), batch, tokens};
  Word *keys = static_cast<Word*>(cross.keys.raw()), *values = static_cast<Word*>(cross.values.raw());
  parallel_ranges(batch * heads, 1, [&](int64_t head, int64_t) {
    const int64_t column = head % heads * sizes.width;
    pack_head(sizes, key_rows.head(head / heads, 0, column), value_rows.head(head / heads, 0, column),
              keys + head * sizes.key_words(), values + head * sizes.value_words());
  });
  return cross;
}

Tensor attend_cross(const Tensor& query, const CrossKeys<Tensor>& cross, const SelfAttention<Tensor>& layer,
                    const std::vector<int64_t>& key_mask) {
  const int64_t heads = layer.num_heads, width = layer.query.weight.size(0), tokens = cross.tokens;
  require(query.defined() && query.rank() == 3 && cross.sources > 0 && query.size(0) % cross.sources == 0,
          "attend_cross", "queries [N, Q, D], as many rows for each source", query);
  if (!key_mask.empty() && static_cast<int64_t>(key_mask.size()) != cross.sources * tokens)
    throw InputError("attend_cross", "expected a key mask of {} x {} values, got {}", cross.sources, tokens,
                     key_mask.size());
  const HeadSizes sizes = head_sizes(layer, tokens);
  const Tensor q = project(query, {}, layer.query, sizes.precision);
  Tensor out = Tensor::empty(q.shape(), q.dtype());
  const int64_t rows = query.size(0) / cross.sources * query.size(1);  // queries of one source, beside each other
  const auto *keys = static_cast<const Word*>(cross.keys.raw()), *values = static_cast<const Word*>(cross.values.raw());
  const int64_t blocks = (rows + kQueryBlock - 1) / kQueryBlock;
  const ProjectedRows queries = rows_at(q, 0);
  char* joined = static_cast<char*>(out.raw());
  parallel_ranges(cross.sources * heads * blocks, 1, [&](int64_t task, int64_t) {
    const int64_t head = task / blocks, b = head / heads, first = task % blocks * kQueryBlock;
    const int64_t at = b * rows + first, column = head % heads * sizes.width;
    const auto scratch = pool_allocate(static_cast<size_t>(attend_scratch_words(sizes)) * sizeof(Word));
    attend_head(sizes, queries.head(0, at, column), std::min(kQueryBlock, rows - first),
                keys + head * sizes.key_words(), values + head * sizes.value_words(), false, 0,
                key_mask.empty() ? nullptr : key_mask.data() + b * tokens, reinterpret_cast<Word*>(scratch.get()),
                joined + (at * width + column) * queries.element, width);
  });
  return out;
}

Tensor attend_cached(const Tensor& x, const SelfAttention<Tensor>& layer, KeyValueCache<Tensor>& cache) {
  const int64_t width = layer.query.weight.size(0), heads = layer.num_heads, d = width / heads;
  require(x.defined() && x.rank() == 3, "attend_cached", "values [N, Q, D]", x);
  const int64_t rows = x.size(0), more = x.size(1), before = cache.length;
  if (before > 0 && cache.keys.size(0) != rows)
    throw InputError("attend_cached", "expected {} rows as in the cache, got {}", cache.keys.size(0), rows);
  const bool packed = joins(layer, 3 * width);
  const Tensor qkv = packed ? linear(x, layer.packed) : Tensor();
  const Tensor q = packed ? qkv : linear(x, layer.query);
  const Tensor k = packed ? qkv : linear(x, layer.key), v = packed ? qkv : linear(x, layer.value);
  const int64_t stride = packed ? 3 * width : width;
  const float *query = q.data(), *key = k.data() + (packed ? width : 0), *value = v.data() + (packed ? 2 * width : 0);
  grow(cache, rows, more, width);
  const int64_t capacity = cache.keys.size(1);
  float *keys = cache.keys.mutable_data(), *values = cache.values.mutable_data();
  Tensor out = Tensor::empty({rows, more, width});
  float* joined = out.mutable_data();
  parallel_ranges(rows * heads, 1, [&](int64_t task, int64_t) {
    const int64_t row = task / heads, column = task % heads * d;
    float *row_keys = keys + row * capacity * width + column, *row_values = values + row * capacity * width + column;
    for (int64_t t = 0; t < more; ++t) {
      std::memcpy(row_keys + (before + t) * width, key + (row * more + t) * stride + column,
                  static_cast<size_t>(d) * sizeof(float));
      std::memcpy(row_values + (before + t) * width, value + (row * more + t) * stride + column,
                  static_cast<size_t>(d) * sizeof(float));
    }
    const auto scratch = pool_allocate(static_cast<size_t>(before + more) * sizeof(float));
    float* scores = floats(scratch);
    for (int64_t t = 0; t < more; ++t) {
      const int64_t visible = before + t + 1;
      const float* own = query + (row * more + t) * stride + column;
      for (int64_t j = 0; j < visible; ++j) scores[j] = dot(own, row_keys + j * width, d);
      const float inverse = 1 / kernels().exp_scores(scores, visible, score_scale(d));
      float* sum = joined + (row * more + t) * width + column;
      std::fill_n(sum, d, 0.f);
      for (int64_t j = 0; j < visible; ++j)
        for (int64_t i = 0; i < d; ++i) sum[i] += scores[j] * inverse * row_values[j * width + i];
    }
  });
  cache.length += more;
  return out;
}

void select_rows(KeyValueCache<Tensor>& cache, const std::vector<int64_t>& rows) {
  if (cache.length == 0) return;
  for (Tensor* t : {&cache.keys, &cache.values}) {
    const int64_t before = t->size(0), capacity = t->size(1), d = t->size(2);
    Tensor chosen = Tensor::empty({static_cast<int64_t>(rows.size()), capacity, d});
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows[i] < 0 || rows[i] >= before)
        throw InputError("select_rows", "expected rows in [0, {}), got {}", before, rows[i]);
      std::memcpy(chosen.mutable_data() + static_cast<int64_t>(i) * capacity * d, t->data() + rows[i] * capacity * d,
                  static_cast<size_t>(cache.length * d) * sizeof(float));
    }
    *t = chosen;
  }
}

CrossKeys<Tensor> select_sources(const CrossKeys<Tensor>& cross, const std::vector<int64_t>& sources) {
  CrossKeys<Tensor> chosen = cross;
  chosen.sources = static_cast<int64_t>(sources.size());
  for (const auto& [from, to] : {std::pair{&cross.keys, &chosen.keys}, std::pair{&cross.values, &chosen.values}}) {
    Shape shape = from->shape();
    const int64_t size = from->numel() / std::max<int64_t>(1, shape[0]);
    shape[0] = chosen.sources;
    *to = Tensor::empty(shape);
    for (size_t i = 0; i < sources.size(); ++i) {
      if (sources[i] < 0 || sources[i] >= cross.sources)
        throw InputError("select_sources", "expected sources in [0, {}), got {}", cross.sources, sources[i]);
      std::memcpy(to->mutable_data() + static_cast<int64_t>(i) * size, from->data() + sources[i] * size,
                  static_cast<size_t>(size) * sizeof(float));
    }
  }
  return chosen;
}

}  // namespace sensorium::rt
