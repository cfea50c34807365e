#include "sensorium/tensor/attention_head.h"

#include "sensorium/tensor/gemm.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace sensorium::rt {
namespace {

int64_t element_size(Precision precision) {
  return precision == Precision::bf16 ? 2 : 4;
}

const char* row_at(const HeadRows& rows, int64_t row, Precision precision) {
  return static_cast<const char*>(rows.data) + row * rows.stride * element_size(precision);
}

/// A matrix [columns, values] that lies packed at `panels`.
Packed packed_at(const Word* panels, Precision precision, int64_t columns, int64_t values) {
  Packed p;
  p.precision = precision;
  p.out = columns;
  p.in = values;
  p.panels = panels;
  return p;
}

/// Scores of one query to weights over the keys, in place; gives their sum. Where it may see none, all are equal.
float normalise(float* scores, int64_t keys, int64_t visible, const int64_t* key_mask, float scale) {
  bool any = key_mask == nullptr && visible > 0;
  for (int64_t j = 0; key_mask != nullptr && j < visible; ++j) {
    if (key_mask[j] == 0)
      scores[j] = -std::numeric_limits<float>::infinity();
    else
      any = true;
  }
  if (!any) {
    std::fill_n(scores, keys, 1.f);
    return static_cast<float>(keys);
  }
  std::fill(scores + visible, scores + keys, 0.f);
  return kernels().exp_scores(scores, visible, scale);
}

}  // namespace

void pack_head(const HeadSizes& s, const HeadRows& keys, const HeadRows& values, Word* packed_keys,
               Word* packed_values) {
  const int64_t each = per_word(s.precision), width_words = words_of(s.width, s.precision);
  for (int64_t j = 0; j < s.keys; j += kPanel)
    kernels().turn(reinterpret_cast<const Word*>(row_at(keys, j, s.precision)), keys.stride / each,
                   std::min(kPanel, s.keys - j), width_words, packed_keys + j * width_words);
  for (int64_t column = 0; column < s.width; column += kPanel) {
    const int64_t columns = std::min(kPanel, s.width - column);
    for (int64_t j = 0; j < s.keys; j += each, packed_values += kPanel) {
      const char *row = row_at(values, j, s.precision) + column * element_size(s.precision),
                 *next = row + values.stride * element_size(s.precision);
      if (s.precision == Precision::fp32)
        std::memcpy(packed_values, row, static_cast<size_t>(columns) * sizeof(float));
      else
        kernels().interleave(reinterpret_cast<const Half*>(row),
                             j + 1 < s.keys ? reinterpret_cast<const Half*>(next) : nullptr, packed_values, columns);
      std::fill(packed_values + columns, packed_values + kPanel, Word{0});
    }
  }
}

float score_scale(int64_t head_width) {
  return static_cast<float>(1 / std::sqrt(static_cast<double>(head_width)));
}

int64_t attend_scratch_words(const HeadSizes& s) {
  return kQueryBlock * (s.key_panels() * kPanel + (s.precision == Precision::fp32 ? 0 : words_of(s.keys, s.precision)));
}

void attend_head(const HeadSizes& s, const HeadRows& queries, int64_t rows, const Word* packed_keys,
                 const Word* packed_values, bool causal, int64_t visible, const int64_t* key_mask, Word* scratch,
                 void* out, int64_t out_stride) {
  const bool half = s.precision == Precision::bf16;
  const int64_t stride = s.key_panels() * kPanel, seen = causal ? std::min(s.keys, visible + rows - 1) : s.keys;
  auto* scores = reinterpret_cast<float*>(scratch);
  RowBlock block{static_cast<const Word*>(queries.data),
                 RowLayout::matrix(words_of(s.width, s.precision), queries.stride / per_word(s.precision)),
                 0,
                 nullptr,
                 nullptr,
                 0,
                 rows};
  GemmEnd end;
  end.out = scores;
  end.out_stride = stride;
  const Packed keys = packed_at(packed_keys, s.precision, seen, s.width);
  multiply(block, keys, 0, keys.panel_count(), end);
  const Packed values = packed_at(packed_values, s.precision, s.width, s.keys);
  float inverse_sums[kQueryBlock];
  block = {scratch, RowLayout::matrix(values.words(), stride), 0, inverse_sums, nullptr, 0, rows};
  if (half) {
    block.words = scratch + kQueryBlock * stride;
    block.layout.column_stride = values.words();
  }
  const float scale = score_scale(s.width);
  for (int64_t r = 0; r < rows; ++r) {
    float* row = scores + r * stride;
    inverse_sums[r] = 1 / normalise(row, s.keys, causal ? std::min(s.keys, visible + r) : s.keys, key_mask, scale);
    if (half) kernels().to_bf16(row, scratch + kQueryBlock * stride + r * values.words(), s.keys);
  }
  end.out = out;
  end.out_stride = out_stride;
  end.half = half;
  multiply(block, values, 0, values.panel_count(), end);
}

}  // namespace sensorium::rt
