// Ops that move rows about: embeddings, positions, the class token, pooling over tokens.

#include "sensorium/tensor/kernels.h"
#include "sensorium/tensor/runtime.h"

#include <algorithm>
#include <cstring>

namespace sensorium::rt {
namespace {

void copy_row(const float* from, float* to, int64_t n) {
  std::memcpy(to, from, static_cast<size_t>(n) * sizeof(float));
}

void require_tokens(const Tensor& x, const char* op) {
  require(x.defined() && x.rank() == 3, op, "values [B, T, D]", x);
}

void require_count(size_t count, int64_t expected, const char* op, const char* what) {
  if (static_cast<int64_t>(count) != expected) throw InputError(op, "expected {} {}, got {}", expected, what, count);
}

/// Row `id` of the table.
const float* row_at(const Embedding<Tensor>& table, int64_t id, const char* op) {
  if (id < 0 || id >= table.weight.size(0))
    throw InputError(op, "expected ids from 0 to {}, got {}", table.weight.size(0) - 1, id);
  return table.weight.data() + id * table.weight.size(1);
}

}  // namespace

Tensor embed_tokens(const TokenIds& tokens, const Embedding<Tensor>& table) {
  require(table.weight.defined() && table.weight.rank() == 2, "embed_tokens", "a table [rows, D]", table.weight);
  require_count(tokens.ids.size(), tokens.batch * tokens.length, "embed_tokens", "ids");
  const int64_t d = table.weight.size(1);
  Tensor out = Tensor::empty({tokens.batch, tokens.length, d});
  float* to = out.mutable_data();
  for (int64_t id : tokens.ids) {
    copy_row(row_at(table, id, "embed_tokens"), to, d);
    to += d;
  }
  return out;
}

Tensor add_rows(const Tensor& x, const Tensor& rows, int64_t first_row) {
  require_tokens(x, "add_rows");
  const int64_t batch = x.size(0), tokens = x.size(1), d = x.size(2);
  require(
      rows.defined() && rows.rank() == 2 && rows.size(1) == d && first_row >= 0 && first_row + tokens <= rows.size(0),
      "add_rows", fmt::format("at least {} rows of width {}", first_row + tokens, d).c_str(), rows);
  Tensor out = Tensor::empty(x.shape());
  const float *from = x.data(), *added = rows.data() + first_row * d;
  float* to = out.mutable_data();
  parallel_ranges(batch, row_grain(tokens * d), [&](int64_t first, int64_t last) {
    for (int64_t b = first; b < last; ++b) kernels().add(from + b * tokens * d, added, to + b * tokens * d, tokens * d);
  });
  return out;
}

Tensor add_token_types(const Tensor& x, const std::vector<int64_t>& types, const Embedding<Tensor>& table) {
  require_tokens(x, "add_token_types");
  const int64_t rows = x.size(0) * x.size(1), d = x.size(2);
  require(table.weight.defined() && table.weight.rank() == 2 && table.weight.size(1) == d, "add_token_types",
          fmt::format("a table of width {}", d).c_str(), table.weight);
  if (!types.empty()) require_count(types.size(), rows, "add_token_types", "types");
  Tensor out = Tensor::empty(x.shape());
  for (int64_t r = 0; r < rows; ++r) {
    const float* added = row_at(table, types.empty() ? 0 : types[static_cast<size_t>(r)], "add_token_types");
    kernels().add(x.data() + r * d, added, out.mutable_data() + r * d, d);
  }
  return out;
}

Tensor prepend_token(const Tensor& x, const Tensor& token) {
  require_tokens(x, "prepend_token");
  const int64_t batch = x.size(0), tokens = x.size(1), d = x.size(2);
  const bool own = token.defined() && token.rank() == 2 && token.size(0) == batch && token.size(1) == d;
  require(own || (token.defined() && token.numel() == d), "prepend_token",
          fmt::format("a token of width {}, or {} of them", d, batch).c_str(), token);
  Tensor out = Tensor::empty({batch, tokens + 1, d});
  for (int64_t b = 0; b < batch; ++b) {
    float* to = out.mutable_data() + b * (tokens + 1) * d;
    copy_row(token.data() + (own ? b * d : 0), to, d);
    copy_row(x.data() + b * tokens * d, to + d, tokens * d);
  }
  return out;
}

Tensor select_tokens(const Tensor& x, const std::vector<int64_t>& index) {
  require_tokens(x, "select_tokens");
  const int64_t batch = x.size(0), tokens = x.size(1), d = x.size(2);
  require_count(index.size(), batch, "select_tokens", "positions");
  Tensor out = Tensor::empty({batch, d}, x.dtype());  // bfloat16 behind an attention of packed weights
  const auto row = static_cast<size_t>(d) * dtype_size(x.dtype());
  for (int64_t b = 0; b < batch; ++b) {
    const int64_t t = index[static_cast<size_t>(b)];
    if (t < 0 || t >= tokens)
      throw InputError("select_tokens", "expected positions from 0 to {}, got {}", tokens - 1, t);
    std::memcpy(static_cast<char*>(out.raw()) + static_cast<size_t>(b) * row,
                static_cast<const char*>(x.raw()) + static_cast<size_t>(b * tokens + t) * row, row);
  }
  return out;
}

Tensor mean_tokens(const Tensor& x, const std::vector<int64_t>& mask) {
  require_tokens(x, "mean_tokens");
  const int64_t batch = x.size(0), tokens = x.size(1), d = x.size(2);
  if (!mask.empty()) require_count(mask.size(), batch * tokens, "mean_tokens", "mask values");
  Tensor out = Tensor::empty({batch, d});
  for (int64_t b = 0; b < batch; ++b) {
    std::vector<double> sum(static_cast<size_t>(d), 0.0);
    double count = 0;
    for (int64_t t = 0; t < tokens; ++t) {
      const double weight = mask.empty() ? 1.0 : static_cast<double>(mask[static_cast<size_t>(b * tokens + t)]);
      if (weight == 0) continue;
      count += weight;
      const float* row = x.data() + (b * tokens + t) * d;
      for (int64_t i = 0; i < d; ++i) sum[static_cast<size_t>(i)] += weight * double{row[i]};
    }
    float* to = out.mutable_data() + b * d;
    for (int64_t i = 0; i < d; ++i) to[i] = static_cast<float>(sum[static_cast<size_t>(i)] / std::max(count, 1e-9));
  }
  return out;
}

int64_t batch_part(const Tensor& x, int64_t values) {
  // Weights come once for each part: where products wait for them they count for more than activations.
  const int64_t bytes = tile_kernel(precision()).grouped() ? int64_t{64} << 20 : int64_t{7} << 20;
  return std::clamp<int64_t>(bytes / std::max<int64_t>(4, 4 * values), 1, std::max<int64_t>(1, x.size(0)));
}

Tensor slice_batch(const Tensor& x, int64_t first, int64_t last) {
  return x.row_major().slice(first, last);
}

Tensor join_batches(const std::vector<Tensor>& parts) {
  require(!parts.empty() && parts[0].rank() > 0, "join_batches", "values [B, ...]",
          parts.empty() ? Tensor() : parts[0]);
  Shape shape = parts[0].shape();
  shape[0] = 0;
  for (const Tensor& part : parts) shape[0] += part.size(0);
  Tensor out = Tensor::empty(shape);
  float* to = out.mutable_data();
  for (const Tensor& part : parts) {
    Shape wanted = shape;
    wanted[0] = part.size(0);
    require_same(wanted, part, "join_batches", "a part");
    copy_row(part.row_major().data(), to, part.numel());
    to += part.numel();
  }
  return out;
}

Tensor expand_batch(const Tensor& x, int64_t batch) {
  require(x.defined() && x.rank() == 2 && batch >= 0, "expand_batch", "values [T, D]", x);
  Tensor out = Tensor::empty({batch, x.size(0), x.size(1)});
  for (int64_t b = 0; b < batch; ++b) copy_row(x.data(), out.mutable_data() + b * x.numel(), x.numel());
  return out;
}

}  // namespace sensorium::rt
