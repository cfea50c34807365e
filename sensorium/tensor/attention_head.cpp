#include "sensorium/tensor/attention_head.h"

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

/// Left side words, `stride` apart, and what they are multiplied with.
struct Product {
  const Word* left;
  int64_t left_stride, rows;
  const Word* panels;
  int64_t words;
};

/// The first `columns` columns, to `out`.
void multiply(Precision precision, const Product& p, int64_t columns, TileEnd end, const float* row_scales) {
  alignas(64) Word sums[kTileRows * kPanel];
  const int64_t size = end.half ? 2 : 4;
  char* out = static_cast<char*>(end.out);
  for (int64_t column = 0; column < columns; column += kPanel) {
    const Word* panel = p.panels + column * p.words;
    const int64_t tiles = (p.rows + kTileRows - 1) / kTileRows;
    for (int64_t tile = 0, r = 0; tile < tiles; ++tile) {
      const int64_t rows = (p.rows - r + tiles - tile - 1) / (tiles - tile);
      kernels().tile[static_cast<int>(precision)](rows, p.left + r * p.left_stride, p.left_stride, panel, p.words,
                                                  reinterpret_cast<const char*>(panel), 0, sums);
      end.out = out + (r * end.out_stride + column) * size;
      end.row_scales = row_scales != nullptr ? row_scales + r : nullptr;
      kernels().finish(precision, sums, rows, std::min(kPanel, columns - column), end);
      r += rows;
    }
  }
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

int64_t attend_scratch_words(const HeadSizes& s) {
  return kQueryBlock * (s.key_panels() * kPanel + (s.precision == Precision::fp32 ? 0 : words_of(s.keys, s.precision)));
}

void attend_head(const HeadSizes& s, const HeadRows& queries, int64_t rows, const Word* packed_keys,
                 const Word* packed_values, bool causal, int64_t visible, const int64_t* key_mask, Word* scratch,
                 void* out, int64_t out_stride) {
  const bool half = s.precision == Precision::bf16;
  const int64_t each = per_word(s.precision), width_words = words_of(s.width, s.precision);
  const int64_t stride = s.key_panels() * kPanel, seen = causal ? std::min(s.keys, visible + rows - 1) : s.keys;
  auto* scores = reinterpret_cast<float*>(scratch);
  TileEnd end;
  end.out = scores;
  end.out_stride = stride;
  multiply(s.precision, {static_cast<const Word*>(queries.data), queries.stride / each, rows, packed_keys, width_words},
           seen, end, nullptr);
  Product weighted{scratch, stride, rows, packed_values, words_of(s.keys, s.precision)};
  if (half) {
    weighted.left = scratch + kQueryBlock * stride;
    weighted.left_stride = weighted.words;
  }
  float inverse_sums[kQueryBlock];
  const float scale = static_cast<float>(1 / std::sqrt(static_cast<double>(s.width)));
  for (int64_t r = 0; r < rows; ++r) {
    float* row = scores + r * stride;
    inverse_sums[r] = 1 / normalise(row, s.keys, causal ? std::min(s.keys, visible + r) : s.keys, key_mask, scale);
    if (half) kernels().to_bf16(row, scratch + kQueryBlock * stride + r * weighted.words, s.keys);
  }
  end.out = out;
  end.out_stride = out_stride;
  end.half = half;
  multiply(s.precision, weighted, s.width, end, inverse_sums);
}

}  // namespace sensorium::rt
