#include "sensorium/base/base64.h"

#include "sensorium/base/error.h"

#include <array>
#include <cstdint>

namespace sensorium {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<int8_t, 256> kValues = [] {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  for (size_t i = 0; i < kAlphabet.size(); ++i) values[static_cast<uint8_t>(kAlphabet[i])] = static_cast<int8_t>(i);
  return values;
}();

}  // namespace

std::string base64_decode(std::string_view text, std::string_view source) {
  if (text.size() % 4 != 0)
    throw InputError("base64", "{}: expected a length that is a multiple of 4, got {}", source, text.size());
  size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  std::string bytes(text.size() * 3 / 4, '\0');
  uint32_t bits = 0;
  int8_t any = 0;  // negative when one of the values is
  const auto take = [&](char c) {
    const int8_t value = kValues[static_cast<uint8_t>(c)];
    any = static_cast<int8_t>(any | value);
    bits = bits << 6 | static_cast<uint8_t>(value);
  };
  const size_t whole = text.size() / 4;
  char* out = bytes.data();
  for (size_t i = 0; i < whole; ++i, out += 3) {
    for (size_t k = 0; k < 4; ++k) take(text[4 * i + k]);
    out[0] = static_cast<char>(bits >> 16), out[1] = static_cast<char>(bits >> 8), out[2] = static_cast<char>(bits);
  }
  if (const size_t rest = text.size() % 4; rest != 0) {
    for (size_t k = 0; k < 4; ++k) take(k < rest ? text[4 * whole + k] : 'A');
    for (size_t k = 0; k + 1 < rest; ++k) out[k] = static_cast<char>(bits >> (16 - 8 * k));
  }
  if (any < 0)
    for (const char c : text)
      if (const auto byte = static_cast<uint8_t>(c); kValues[byte] < 0)
        throw InputError("base64", "{}: expected base64, got byte {}", source, byte);
  return bytes;
}

std::string base64_encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t bits = 0;
    const size_t n = std::min<size_t>(3, bytes.size() - i);
    for (size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < n ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) text += k <= n ? kAlphabet[bits >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

}  // namespace sensorium
