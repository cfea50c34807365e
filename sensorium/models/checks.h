#pragma once
// Checks that every family makes of its configuration and its inputs.

#include "sensorium/base/error.h"
#include "sensorium/text/tokenizer.h"

#include <string>
#include <vector>

namespace sensorium {

/// Patches in a square picture. Throws InputError naming `source` when the patch size does not divide the picture's.
int64_t count_patches(int64_t image_size, int64_t patch_size, const std::string& source);

/// Throws InputError unless `shape` is [B, channels, size, size]; `size` 0 allows any H and W.
void check_pixels(const std::vector<int64_t>& shape, int64_t channels, int64_t size);

/// Throws InputError unless the batch's vectors have B x T elements (mask and types may be empty), T is in
/// [1, `positions`] and ids are in [0, `vocabulary`).
void check_tokens(const TokenBatch& tokens, int64_t positions, int64_t vocabulary);

/// The first `length` columns of every row.
TokenBatch cut_tokens(const TokenBatch& tokens, int64_t length);
/// These rows of a batch, in this order, cut likewise.
TokenBatch pick_tokens(const TokenBatch& tokens, std::span<const size_t> rows, int64_t length);

}  // namespace sensorium
