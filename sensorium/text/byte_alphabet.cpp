#include "sensorium/text/byte_alphabet.h"

#include "sensorium/text/unicode.h"

namespace sensorium {

namespace {

bool is_printable(int byte) {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 255 && byte != 173);
}

/// Byte of each character U+0000..U+0143, or -1.
std::array<int, 0x144> make_inverse() {
  std::array<int, 0x144> inverse;
  inverse.fill(-1);
  for (int b = 0; b < 256; ++b) {
    size_t at = 0;
    inverse[unicode::next(byte_characters()[b], at)] = b;
  }
  return inverse;
}

}  // namespace

const std::array<std::string, 256>& byte_characters() {
  static const auto table = [] {
    std::array<std::string, 256> characters;
    char32_t next_free = 0x100;
    for (int b = 0; b < 256; ++b) unicode::append(characters[b], is_printable(b) ? char32_t(b) : next_free++);
    return characters;
  }();
  return table;
}

const std::array<uint8_t, 256>& openai_byte_order() {
  static const auto table = [] {
    std::array<uint8_t, 256> order;
    size_t n = 0;
    for (const bool printable : {true, false})
      for (int b = 0; b < 256; ++b)
        if (is_printable(b) == printable) order[n++] = static_cast<uint8_t>(b);
    return order;
  }();
  return table;
}

std::optional<std::string> bytes_of_characters(std::string_view token) {
  static const auto inverse = make_inverse();
  std::string bytes;
  for (size_t at = 0; at < token.size();) {
    const char32_t c = unicode::next(token, at);
    if (c >= inverse.size() || inverse[c] < 0) return std::nullopt;
    bytes += static_cast<char>(inverse[c]);
  }
  return bytes;
}

}  // namespace sensorium
