#include "sensorium/models/checks.h"

#include <numeric>

#include <fmt/ranges.h>

namespace sensorium {

int64_t count_patches(int64_t image_size, int64_t patch_size, const std::string& source) {
  if (image_size % patch_size != 0)
    throw InputError("config", "{}: expected an image_size that patch_size {} divides, got {}", source, patch_size,
                     image_size);
  const int64_t side = image_size / patch_size;
  return side * side;
}

void check_pixels(const std::vector<int64_t>& shape, int64_t channels, int64_t size) {
  if (shape.size() == 4 && shape[1] == channels && (size == 0 || (shape[2] == size && shape[3] == size))) return;
  const std::string side = size ? std::to_string(size) : "any";
  throw InputError("encode image", "expected pixels of shape [batch, {}, {}, {}], got [{}]", channels, side, side,
                   fmt::join(shape, ", "));
}

void check_tokens(const TokenBatch& tokens, int64_t positions, int64_t vocabulary) {
  const auto n = static_cast<size_t>(tokens.batch * tokens.length);
  if (tokens.length < 1 || tokens.length > positions)
    throw InputError("encode text", "expected 1 to {} tokens a text, got {}", positions, tokens.length);
  const auto check_count = [&](const std::vector<int64_t>& values, const char* what, bool may_be_empty) {
    if (values.size() != n && !(may_be_empty && values.empty()))
      throw InputError("encode text", "expected {} {} for {} x {} tokens, got {}", n, what, tokens.batch, tokens.length,
                       values.size());
  };
  check_count(tokens.input_ids, "input_ids", false);
  check_count(tokens.attention_mask, "attention_mask values", true);
  check_count(tokens.token_type_ids, "token_type_ids", true);
  for (const int64_t id : tokens.input_ids)
    if (id < 0 || id >= vocabulary)
      throw InputError("encode text", "expected token ids in [0, {}), got {}", vocabulary, id);
}

TokenBatch cut_tokens(const TokenBatch& tokens, int64_t length) {
  if (length >= tokens.length) return tokens;
  std::vector<size_t> rows(static_cast<size_t>(tokens.batch));
  std::iota(rows.begin(), rows.end(), size_t{0});
  return pick_tokens(tokens, rows, length);
}

TokenBatch pick_tokens(const TokenBatch& tokens, std::span<const size_t> rows, int64_t length) {
  const auto pick = [&](const std::vector<int64_t>& values) {
    std::vector<int64_t> out;
    if (values.empty()) return out;
    out.reserve(rows.size() * static_cast<size_t>(length));
    for (size_t r : rows) {
      const auto row = values.begin() + static_cast<int64_t>(r) * tokens.length;
      out.insert(out.end(), row, row + length);
    }
    return out;
  };
  return {static_cast<int64_t>(rows.size()), length, pick(tokens.input_ids), pick(tokens.attention_mask),
          pick(tokens.token_type_ids)};
}

}  // namespace sensorium
