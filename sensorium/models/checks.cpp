#include "sensorium/models/checks.h"

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
  const auto cut = [&](const std::vector<int64_t>& values) {
    std::vector<int64_t> out;
    if (values.empty()) return out;
    out.reserve(static_cast<size_t>(tokens.batch * length));
    for (int64_t b = 0; b < tokens.batch; ++b) {
      const auto row = values.begin() + b * tokens.length;
      out.insert(out.end(), row, row + length);
    }
    return out;
  };
  return {tokens.batch, length, cut(tokens.input_ids), cut(tokens.attention_mask), cut(tokens.token_type_ids)};
}

}  // namespace sensorium
