#pragma once
// Inside the room: one head of attention, softmax(q k^T / sqrt(head)) v, in fp32 or bf16.

#include "sensorium/tensor/kernels.h"

#include <cstddef>

namespace sensorium::rt {

/// Head-wise rows of a precision's elements (float, or Half of bf16): row t starts at data + t * stride elements.
struct HeadRows {
  const void* data = nullptr;
  int64_t stride = 0;
};

/// Sizes of one head's operands. bf16 wants an even width and stride.
struct HeadSizes {
  Precision precision;
  int64_t keys, width;

  int64_t key_panels() const { return (keys + kPanel - 1) / kPanel; }
  int64_t value_panels() const { return (width + kPanel - 1) / kPanel; }
  /// Words of packed keys (panels of keys, summed over the width) and of packed values (the other way round).
  int64_t key_words() const { return key_panels() * words_of(width, precision) * kPanel; }
  int64_t value_words() const { return value_panels() * words_of(keys, precision) * kPanel; }
};

/// Packs `keys` rows for attend_head: `packed_keys` has key_words(), `packed_values` value_words().
void pack_head(const HeadSizes& sizes, const HeadRows& keys, const HeadRows& values, Word* packed_keys,
               Word* packed_values);

/// What scores are multiplied with before the softmax: 1 / sqrt(head).
float score_scale(int64_t head_width);

/// Queries at a time, and the words of scratch for them.
constexpr int64_t kQueryBlock = 64;
int64_t attend_scratch_words(const HeadSizes& sizes);

/// For `rows` <= kQueryBlock queries: what they see of the values, to `out` (rows out_stride elements apart).
/// `visible`: query r sees keys [0, min(keys, visible + r)) where causal, else all; `key_mask` (null: all) hides keys.
/// A query that sees none gets the mean of all values.
void attend_head(const HeadSizes& sizes, const HeadRows& queries, int64_t rows, const Word* packed_keys,
                 const Word* packed_values, bool causal, int64_t visible, const int64_t* key_mask, Word* scratch,
                 void* out, int64_t out_stride);

}  // namespace sensorium::rt
