#include "sensorium/tensor/decode.h"

#include "sensorium/tensor/kernels.h"
#include "sensorium/tensor/ops.h"
#include "sensorium/tensor/runtime.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace sensorium::rt {
namespace {

/// Queries at a time against one head of one source.
constexpr int64_t kQueryBlock = 48;
/// A cache grows by this many tokens.
constexpr int64_t kCacheStep = 16;

float* floats(const std::shared_ptr<std::byte>& p) {
  return reinterpret_cast<float*>(p.get());
}

float score_scale(int64_t head_width) {
  return static_cast<float>(1 / std::sqrt(static_cast<double>(head_width)));
}

struct Projected {
  Tensor joined;  // [.., 2D] or undefined
  Tensor key, value;
  int64_t stride = 0;
  const float *keys = nullptr, *values = nullptr;
};

/// Keys and values of x, each row `stride` apart; `column` is where they begin in the packed matrix of `columns` * D.
Projected project(const Tensor& x, const SelfAttention<Tensor>& layer) {
  const int64_t d = layer.query.weight.size(0);
  Projected p;
  if (layer.packed.weight.defined() && layer.packed.weight.size(0) == 2 * d) {
    p.joined = linear(x, layer.packed);
    p.stride = 2 * d;
    p.keys = p.joined.data();
    p.values = p.keys + d;
  } else {
    p.key = linear(x, layer.key);
    p.value = linear(x, layer.value);
    p.stride = d;
    p.keys = p.key.data();
    p.values = p.value.data();
  }
  return p;
}

/// One head's keys as columns [d, padded tokens] and values as rows [tokens, padded d], zeros in the padding.
void lay_head(const Projected& p, int64_t first_row, int64_t tokens, int64_t head, int64_t d, float* keys,
              float* values) {
  const int64_t tokens_padded = round_up(tokens, kPad), d_padded = round_up(d, kPad);
  for (int64_t i = 0; i < d; ++i) std::fill(keys + i * tokens_padded + tokens, keys + (i + 1) * tokens_padded, 0.f);
  for (int64_t t = 0; t < tokens; ++t) {
    const float* k = p.keys + (first_row + t) * p.stride + head * d;
    const float* v = p.values + (first_row + t) * p.stride + head * d;
    for (int64_t i = 0; i < d; ++i) keys[i * tokens_padded + t] = k[i];
    std::memcpy(values + t * d_padded, v, static_cast<size_t>(d) * sizeof(float));
    std::fill(values + t * d_padded + d, values + (t + 1) * d_padded, 0.f);
  }
}

/// Scores of one query to weights. Keys that the mask hides get none; where it hides all, all are equal.
void weigh(float* scores, int64_t tokens, const int64_t* mask, float scale) {
  bool any = mask == nullptr;
  for (int64_t t = 0; mask != nullptr && t < tokens; ++t) {
    if (mask[t] == 0)
      scores[t] = -std::numeric_limits<float>::infinity();
    else
      any = true;
  }
  if (any)
    kernels().softmax(scores, tokens, scale);
  else
    std::fill_n(scores, tokens, 1.f / static_cast<float>(tokens));
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
  const int64_t batch = x.size(0), tokens = x.size(1), heads = layer.num_heads;
  const int64_t d = layer.query.weight.size(0) / heads;
  const Projected p = project(x, layer);
  CrossKeys<Tensor> cross{Tensor::empty({batch, heads, d, round_up(tokens, kPad)}),
                          Tensor::empty({batch, heads, tokens, round_up(d, kPad)}), batch, tokens};
  const int64_t key_size = d * round_up(tokens, kPad), value_size = tokens * round_up(d, kPad);
  float *keys = cross.keys.mutable_data(), *values = cross.values.mutable_data();
  parallel_ranges(batch * heads, 1, [&](int64_t head, int64_t) {
    lay_head(p, head / heads * tokens, tokens, head % heads, d, keys + head * key_size, values + head * value_size);
  });
  return cross;
}

Tensor attend_cross(const Tensor& query, const CrossKeys<Tensor>& cross, const SelfAttention<Tensor>& layer,
                    const std::vector<int64_t>& key_mask) {
  const int64_t heads = layer.num_heads, width = layer.query.weight.size(0), d = width / heads;
  const int64_t tokens = cross.tokens, tokens_padded = round_up(tokens, kPad), d_padded = round_up(d, kPad);
  require(query.defined() && query.rank() == 3 && cross.sources > 0 && query.size(0) % cross.sources == 0,
          "attend_cross", "queries [N, Q, D], as many rows for each source", query);
  if (!key_mask.empty() && static_cast<int64_t>(key_mask.size()) != cross.sources * tokens)
    throw InputError("attend_cross", "expected a key mask of {} x {} values, got {}", cross.sources, tokens,
                     key_mask.size());
  const Tensor q = linear(query, layer.query);
  Tensor out = Tensor::empty(q.shape());
  const int64_t rows = query.size(0) / cross.sources * query.size(1);  // queries of one source, beside each other
  const float *queries = q.data(), *keys = cross.keys.data(), *values = cross.values.data();
  float* joined = out.mutable_data();
  const int64_t blocks = (rows + kQueryBlock - 1) / kQueryBlock;
  parallel_ranges(cross.sources * heads * blocks, 1, [&](int64_t task, int64_t) {
    const int64_t head = task / blocks, b = head / heads, first = task % blocks * kQueryBlock;
    const int64_t m = std::min(kQueryBlock, rows - first), column = head % heads * d;
    const auto scratch = pool_allocate(static_cast<size_t>(m * (tokens_padded + d_padded)) * sizeof(float));
    float *scores = floats(scratch), *sums = scores + m * tokens_padded;
    const int64_t at = (b * rows + first) * width + column;
    kernels().gemm(m, tokens_padded, d, queries + at, width, keys + head * d * tokens_padded, tokens_padded, scores,
                   tokens_padded);
    const int64_t* mask = key_mask.empty() ? nullptr : key_mask.data() + b * tokens;
    for (int64_t r = 0; r < m; ++r) weigh(scores + r * tokens_padded, tokens, mask, score_scale(d));
    kernels().gemm(m, d_padded, tokens, scores, tokens_padded, values + head * tokens * d_padded, d_padded, sums,
                   d_padded);
    for (int64_t r = 0; r < m; ++r)
      std::memcpy(joined + at + r * width, sums + r * d_padded, static_cast<size_t>(d) * sizeof(float));
  });
  return out;
}

Tensor attend_cached(const Tensor& x, const SelfAttention<Tensor>& layer, KeyValueCache<Tensor>& cache) {
  const int64_t width = layer.query.weight.size(0), heads = layer.num_heads, d = width / heads;
  require(x.defined() && x.rank() == 3, "attend_cached", "values [N, Q, D]", x);
  const int64_t rows = x.size(0), more = x.size(1), before = cache.length;
  if (before > 0 && cache.keys.size(0) != rows)
    throw InputError("attend_cached", "expected {} rows as in the cache, got {}", cache.keys.size(0), rows);
  const bool packed = layer.packed.weight.defined() && layer.packed.weight.size(0) == 3 * width;
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
      kernels().softmax(scores, visible, score_scale(d));
      float* sum = joined + (row * more + t) * width + column;
      std::fill_n(sum, d, 0.f);
      for (int64_t j = 0; j < visible; ++j)
        for (int64_t i = 0; i < d; ++i) sum[i] += scores[j] * row_values[j * width + i];
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
