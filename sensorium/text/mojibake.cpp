#include "sensorium/text/mojibake.h"

#include <array>
#include <optional>

#include "sensorium/text/mojibake_classes.h"
#include "sensorium/text/unicode.h"

namespace sensorium {

namespace {

using namespace mojibake;

constexpr unsigned char kLost = 0x1A;  // the byte that stands for U+FFFD in a sloppy character set

bool is_ascii(std::u32string_view text) {
  return std::all_of(text.begin(), text.end(), [](char32_t c) { return c < 0x80; });
}

/// Byte of a character in a character set, or -1.
int byte_of(const Charset& set, char32_t c) {
  if (set.sloppy && c == kLost) return -1;
  if (c < 0x80) return static_cast<int>(c);
  if (set.sloppy && c == unicode::kReplacement) return kLost;
  if (c > 0xFFFF) return -1;
  const auto* it = std::find(set.upper, set.upper + 128, static_cast<uint16_t>(c));
  return it == set.upper + 128 ? -1 : static_cast<int>(it - set.upper) + 0x80;
}

/// The text's bytes in a character set; nothing when it has a character that the set lacks.
std::optional<std::string> encode_in(const Charset& set, std::u32string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (char32_t c : text) {
    const int byte = byte_of(set, c);
    if (byte < 0) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

/// Bytes from one place on; past the end are values that no pattern contains.
struct Bytes {
  const std::string& all;
  size_t begin;
  int operator[](size_t i) const { return begin + i < all.size() ? static_cast<unsigned char>(all[begin + i]) : -1; }
};

bool between(int byte, int low, int high) {
  return byte >= low && byte <= high;
}
bool is_continuation(int byte) {
  return between(byte, 0x80, 0xBF);
}

/// Length of UTF-8 at this place that would be valid if a space in it were byte A0, and likely; or 0.
/// Source: ftfy 6.3.1, chardata.py, ALTERED_UTF8_RE.
size_t altered_utf8(const Bytes& b) {
  const auto second = [](int v) { return between(v, 0x80, 0x84) || between(v, 0x86, 0x9F) || between(v, 0xA1, 0xBF); };
  switch (b[0]) {
    case 0xC2:
    case 0xC3:
    case 0xC5:
    case 0xCE:
    case 0xD0:
    case 0xD9:
      return b[1] == ' ' ? 2 : 0;
    case 0xE2:
    case 0xE3:
      if (b[1] == ' ' && second(b[2])) return 3;
      [[fallthrough]];
    case 0xE0:
    case 0xE1:
      return second(b[1]) && b[2] == ' ' ? 3 : 0;
    case 0xF0: {
      int spaces = 0, others = 0;
      for (size_t i = 1; i < 4; ++i) spaces += b[i] == ' ', others += is_continuation(b[i]);
      return spaces == 1 && others == 2 ? 4 : 0;
    }
    default:
      return 0;
  }
}

/// "Ã" alone as a word is "à" and its space; otherwise the space of an altered sequence is its last byte.
std::string restore_byte_a0(const std::string& bytes) {
  const auto is_word_a = [&](size_t at) {
    if (bytes.compare(at, 2, "\xC3 ") != 0) return false;
    for (const char* rest : {" ", "quele", "quela", "quilo", "s "})
      if (bytes.compare(at + 2, std::char_traits<char>::length(rest), rest) == 0) return false;
    return true;
  };
  std::string out, result;
  for (size_t at = 0; at < bytes.size(); ++at) {
    if (!is_word_a(at)) {
      out += bytes[at];
      continue;
    }
    out += "\xC3\xA0 ";
    ++at;
  }
  for (size_t at = 0; at < out.size();) {
    const size_t n = altered_utf8({out, at});
    for (size_t i = 0; i < std::max<size_t>(n, 1); ++i) result += n > 0 && out[at + i] == ' ' ? '\xA0' : out[at + i];
    at += std::max<size_t>(n, 1);
  }
  return result;
}

/// Length of UTF-8 or CESU-8 at this place in which bytes are lost (0x1A, or one '?'); or 0.
/// Source: ftfy 6.3.1, chardata.py, LOSSY_UTF8_RE.
size_t lossy_utf8(const Bytes& b) {
  const auto lost = [](int v) { return v == kLost || v == '?'; };
  const auto part = [](int v) { return v == kLost || is_continuation(v); };
  if ((between(b[0], 0xC2, 0xDF) && b[1] == kLost) || (between(b[0], 0xC2, 0xC3) && b[1] == '?')) return 2;
  if (b[0] == 0xED && between(b[1], 0xA0, 0xAF) && b[3] == 0xED && between(b[4], 0xB0, 0xBF) &&
      ((lost(b[2]) && (lost(b[5]) || is_continuation(b[5]))) || ((lost(b[2]) || is_continuation(b[2])) && lost(b[5]))))
    return 6;
  if (between(b[0], 0xE0, 0xEF) && ((lost(b[1]) && part(b[2])) || (part(b[1]) && lost(b[2])))) return 3;
  if (between(b[0], 0xF0, 0xF4) &&
      ((lost(b[1]) && part(b[2]) && part(b[3])) || (part(b[1]) && lost(b[2]) && part(b[3])) ||
       (part(b[1]) && part(b[2]) && lost(b[3]))))
    return 4;
  return b[0] == kLost ? 1 : 0;
}

std::string replace_lossy_sequences(const std::string& bytes) {
  std::string out;
  for (size_t at = 0; at < bytes.size();) {
    const size_t n = lossy_utf8({bytes, at});
    if (n > 0)
      out += "\xEF\xBF\xBD";
    else
      out += bytes[at];
    at += std::max<size_t>(n, 1);
  }
  return out;
}

/// Length of Java's NUL or of a CESU-8 surrogate pair at this place, and its character; 0 when there is none. The
/// reference's patterns end in '$', which also matches before a last line feed: so does this.
size_t variant_utf8(const Bytes& b, size_t left, char32_t& c) {
  const bool newline_ends = left > 1 && b[left - 1] == '\n';
  if (b[0] == 0xC0 && (b[1] == 0x80 || (left == 2 && newline_ends))) {
    c = 0;
    return 2;
  }
  if (b[0] == 0xED && left >= 6 && between(b[1], 0xA0, 0xAF) && is_continuation(b[2]) && b[3] == 0xED &&
      between(b[4], 0xB0, 0xBF) && (is_continuation(b[5]) || (left == 6 && newline_ends))) {
    c = static_cast<char32_t>(((b[1] & 0x0F) << 16) + ((b[2] & 0x3F) << 10) + ((b[4] & 0x0F) << 6) + (b[5] & 0x3F) +
                              0x10000);
    return 6;
  }
  return 0;
}

/// The text of valid UTF-8, CESU-8 and Java's NUL accepted; nothing when it is not.
std::optional<std::u32string> decode_strictly(const std::string& bytes) {
  std::u32string out;
  for (size_t at = 0; at < bytes.size();) {
    char32_t c = 0;
    if (const size_t n = variant_utf8({bytes, at}, bytes.size() - at, c)) {
      at += n;
    } else {
      const size_t begin = at;
      c = unicode::next(bytes, at);
      if (c == unicode::kReplacement && bytes.compare(begin, at - begin, "\xEF\xBF\xBD") != 0) return std::nullopt;
    }
    out += c;
  }
  return out;
}

/// What the text was if it is UTF-8 read in this character set; nothing otherwise.
std::optional<std::u32string> undo(const Charset& set, std::string bytes) {
  if (!set.macroman) bytes = restore_byte_a0(bytes);  // there it would match an en dash and a space
  if (set.sloppy) bytes = replace_lossy_sequences(bytes);
  return decode_strictly(bytes);
}

/// End of the run of sequences that look like UTF-8 in any character set, from `at`; `at` when there is none.
/// Source: ftfy 6.3.1, chardata.py, UTF8_DETECTOR_RE.
size_t utf8_run(std::u32string_view text, size_t at) {
  const auto continuations = [&](size_t from, size_t n) {
    for (size_t i = from; i < from + n; ++i)
      if (i >= text.size() || (classes_of(text[i]) & kContinuation) == 0) return false;
    return true;
  };
  if (at > 0 && (classes_of(text[at - 1]) & kContinuationStrict) != 0) return at;
  while (at < text.size()) {
    const uint32_t first = classes_of(text[at]);
    if ((first & kFirstOf2) != 0 && continuations(at + 1, 1))
      at += 2;
    else if ((first & kFirstOf3) != 0 && continuations(at + 1, 2))
      at += 3;
    else if ((first & kFirstOf4) != 0 && continuations(at + 1, 3))
      at += 4;
    else
      break;
  }
  return at;
}

std::u32string fix_parts(std::u32string_view text) {
  std::u32string out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = utf8_run(text, at);
    if (end == at) {
      out += text[at++];
      continue;
    }
    const std::u32string_view part = text.substr(at, end - at);
    out += part.size() < text.size() && looks_like_mojibake(part) ? fix_encoding(part) : std::u32string(part);
    at = end;
  }
  return out;
}

bool is_c1(char32_t c) {
  return c >= 0x80 && c <= 0x9F;
}

std::u32string fix_once(std::u32string_view text) {
  if (is_ascii(text) || !looks_like_mojibake(text)) return std::u32string(text);
  for (size_t i = 0; i < kCharsetCount; ++i)
    if (auto bytes = encode_in(kCharsets[i], text))
      if (auto fixed = undo(kCharsets[i], std::move(*bytes))) return std::move(*fixed);
  if (auto fixed = fix_parts(text); fixed != text) return fixed;
  std::u32string fixed(text);  // Latin-1 that was meant to be Windows-1252
  for (char32_t& c : fixed) c = windows_1252(c);
  return fixed;
}

}  // namespace

char32_t windows_1252(char32_t c) {
  static constexpr std::array<char16_t, 32> table = {0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
                                                     0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x8D,   0x17D,  0x8F,
                                                     0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                     0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};
  return is_c1(c) ? table[c - 0x80] : c;
}

std::u32string fix_encoding(std::u32string_view text) {
  std::u32string before(text), after = fix_once(before);
  while (after != before) {
    before = std::move(after);
    after = fix_once(before);
  }
  return after;
}

}  // namespace sensorium
