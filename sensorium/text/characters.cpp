#include "sensorium/text/characters.h"

#include <utf8proc.h>

#include "sensorium/text/mojibake.h"
#include "sensorium/text/unicode.h"

namespace sensorium::characters {

namespace {

std::u32string_view ligature(char32_t c) {
  switch (c) {
    case 0x132:
      return U"IJ";
    case 0x133:
      return U"ij";
    case 0x149:
      return U"\u02BCn";
    case 0x1F1:
      return U"DZ";
    case 0x1F2:
      return U"Dz";
    case 0x1F3:
      return U"dz";
    case 0x1C4:
      return U"D\u017D";
    case 0x1C5:
      return U"D\u017E";
    case 0x1C6:
      return U"d\u017E";
    case 0x1C7:
      return U"LJ";
    case 0x1C8:
      return U"Lj";
    case 0x1C9:
      return U"lj";
    case 0x1CA:
      return U"NJ";
    case 0x1CB:
      return U"Nj";
    case 0x1CC:
      return U"nj";
    case 0xFB00:
      return U"ff";
    case 0xFB01:
      return U"fi";
    case 0xFB02:
      return U"fl";
    case 0xFB03:
      return U"ffi";
    case 0xFB04:
      return U"ffl";
    case 0xFB05:
      return U"\u017Ft";
    case 0xFB06:
      return U"st";
    default:
      return {};
  }
}

bool is_removed_control(char32_t c) {
  return c <= 0x08 || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F || (c >= 0x206A && c <= 0x206F) ||
         c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFC);
}

/// End of a terminal escape that starts at `at`, or `at`.
size_t terminal_escape(std::u32string_view text, size_t at) {
  if (text[at] != 0x1B || at + 1 >= text.size() || text[at + 1] != '[') return at;
  size_t i = at + 2;
  while (i < text.size() && (text[i] == ';' || unicode::is_decimal_digit(text[i]))) ++i;
  return i < text.size() && text[i] < 0x80 && unicode::is_letter(text[i]) ? i + 1 : at;
}

/// The text with each character c replaced by what `change(c, out)` appends.
template <class Change>
std::u32string mapped(std::u32string_view text, const Change& change) {
  std::u32string out;
  out.reserve(text.size());
  for (char32_t c : text) change(c, out);
  return out;
}

}  // namespace

std::u32string fix_c1_controls(std::u32string_view text) {
  return mapped(text, [](char32_t c, std::u32string& out) { out += windows_1252(c); });
}

std::u32string split_ligatures(std::u32string_view text) {
  return mapped(text, [](char32_t c, std::u32string& out) {
    const auto letters = c < 0x80 ? std::u32string_view() : ligature(c);
    if (letters.empty())
      out += c;
    else
      out += letters;
  });
}

std::u32string standard_widths(std::u32string_view text) {
  return mapped(text, [](char32_t c, std::u32string& out) {
    if (c == 0x3000)
      out += U' ';
    else if (c >= 0xFF01 && c <= 0xFFEF)
      out += unicode::nfkc({&c, 1});
    else
      out += c;
  });
}

std::u32string uncurl_quotes(std::u32string_view text) {
  return mapped(text, [](char32_t c, std::u32string& out) {
    const bool one = c == 0x2BC || (c >= 0x2018 && c <= 0x201B), two = c >= 0x201C && c <= 0x201F;
    out += one ? U'\'' : two ? U'"' : c;
  });
}

std::u32string line_feeds(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    out += c == '\r' || c == 0x2028 || c == 0x2029 || c == 0x85 ? U'\n' : c;
  }
  return out;
}

std::u32string remove_terminal_escapes(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    if (const size_t end = terminal_escape(text, i); end > i)
      i = end;
    else
      out += text[i++];
  }
  return out;
}

std::u32string remove_controls(std::u32string_view text) {
  return mapped(text, [](char32_t c, std::u32string& out) {
    if (!is_removed_control(c)) out += c;
  });
}

}  // namespace sensorium::characters
