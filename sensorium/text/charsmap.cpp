#include "sensorium/text/charsmap.h"

#include <cstring>

#include "sensorium/base/error.h"

namespace sensorium {

namespace {

// A unit of the double array: a leaf's value, or a label, the offset of its children and whether one is a leaf.
bool has_leaf(uint32_t unit) {
  return (unit >> 8 & 1) == 1;
}
uint32_t value_of(uint32_t unit) {
  return unit & 0x7FFFFFFF;
}
uint32_t label_of(uint32_t unit) {
  return unit & 0x800000FF;
}
uint32_t offset_of(uint32_t unit) {
  return unit >> 10 << ((unit & 1u << 9) >> 6);
}

}  // namespace

Charsmap::Charsmap(std::string_view blob, std::string_view source) {
  if (blob.empty()) return;
  uint32_t size = 0;
  if (blob.size() > sizeof size) std::memcpy(&size, blob.data(), sizeof size);
  if (blob.size() <= sizeof size || size > blob.size() - sizeof size || size == 0 || size % sizeof(uint32_t) != 0)
    throw InputError("tokenizer", "{}: expected a precompiled_charsmap with its trie, got {} bytes for a trie of {}",
                     source, blob.size(), size);
  units_.resize(size / sizeof(uint32_t));
  std::memcpy(units_.data(), blob.data() + sizeof size, size);
  replacements_ = blob.substr(sizeof size + size);
}

template <class Take>
void Charsmap::walk(std::string_view text, const Take& take) const {
  if (units_.empty()) return;
  uint32_t at = offset_of(units_[0]);
  for (size_t i = 0; i < text.size(); ++i) {
    const uint32_t label = static_cast<unsigned char>(text[i]);
    at ^= label;
    if (at >= units_.size() || label_of(units_[at]) != label) return;
    const uint32_t unit = units_[at];
    at ^= offset_of(unit);
    if (has_leaf(unit) && at < units_.size() && !take(i + 1, value_of(units_[at]))) return;
  }
}

Charsmap::Match Charsmap::match(size_t length, uint32_t value) const {
  if (length == 0 || value > replacements_.size()) return {};
  const std::string_view rest = std::string_view(replacements_).substr(value);
  return {length, rest.substr(0, rest.find('\0'))};
}

Charsmap::Match Charsmap::longest(std::string_view text) const {
  size_t length = 0;
  uint32_t value = 0;
  walk(text, [&](size_t n, uint32_t v) {
    length = n;
    value = v;
    return true;
  });
  return match(length, value);
}

Charsmap::Match Charsmap::shortest(std::string_view text) const {
  size_t length = 0;
  uint32_t value = 0;
  walk(text, [&](size_t n, uint32_t v) {
    length = n;
    value = v;
    return false;
  });
  return match(length, value);
}

}  // namespace sensorium
