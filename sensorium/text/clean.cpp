#include "sensorium/text/clean.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>

#include "sensorium/text/html.h"
#include "sensorium/text/unicode.h"

namespace sensorium {

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

/// NFKC of a full- or half-width form; these decompose to one character each.
char32_t standard_width(char32_t c) {
  if (c == 0x3000) return U' ';
  if (c < 0xFF01 || c > 0xFFEF) return c;
  utf8proc_int32_t parts[8];
  int boundary = 0;
  const auto n =
      utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts, 8,
                              static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT), &boundary);
  return n == 1 ? static_cast<char32_t>(parts[0]) : c;
}

/// End of a terminal escape ESC [ digits-and-semicolons letter that starts at `at`, or `at`.
size_t terminal_escape(std::u32string_view text, size_t at) {
  if (text[at] != 0x1B || at + 1 >= text.size() || text[at + 1] != '[') return at;
  size_t i = at + 2;
  while (i < text.size() && ((text[i] >= '0' && text[i] <= '9') || text[i] == ';')) ++i;
  return i < text.size() && text[i] < 0x80 && unicode::is_letter(text[i]) ? i + 1 : at;
}

std::u32string fix_once(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  bool ascii = true;
  for (size_t i = 0; i < text.size(); ++i) {
    if (const size_t end = terminal_escape(text, i); end > i) {
      i = end - 1;
      continue;
    }
    char32_t c = text[i];
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (c >= 0x80 && c <= 0x9F) c = windows_1252(c);
    if (const auto letters = ligature(c); !letters.empty()) {
      out += letters;
      continue;
    }
    c = standard_width(c);
    if (c == 0x2BC || (c >= 0x2018 && c <= 0x201B)) c = U'\'';
    if (c >= 0x201C && c <= 0x201F) c = U'"';
    if (c == '\r' || c == 0x2028 || c == 0x2029 || c == 0x85) c = U'\n';
    if (is_removed_control(c)) continue;
    ascii &= c < 0x80;
    out += c;
  }
  return ascii && out.size() == text.size() ? out : unicode::nfc(out);
}

std::u32string single_spaces(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  bool pending = false;
  for (char32_t c : text) {
    if (unicode::is_python_space(c)) {
      pending = !out.empty();
      continue;
    }
    if (pending) out += U' ';
    pending = false;
    out += c;
  }
  return out;
}

bool is_ascii_punctuation(char32_t c) {
  return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
}

}  // namespace

char32_t windows_1252(char32_t c) {
  static constexpr std::array<char16_t, 32> table = {0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
                                                     0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x8D,   0x17D,  0x8F,
                                                     0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                     0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};
  return c >= 0x80 && c <= 0x9F ? table[c - 0x80] : c;
}

std::u32string fix_characters(std::u32string_view text) {
  std::u32string out;
  bool unescape = true;  // ftfy takes '<' for a sign of HTML that is meant; from that line on
  while (!text.empty()) {
    const size_t end = std::min(text.find(U'\n'), text.size() - 1) + 1;
    std::u32string before, after(text.substr(0, end));
    unescape = unescape && after.find(U'<') == after.npos;
    do {
      before = std::move(after);
      after = fix_once(unescape ? html_unescape_strict(before) : before);
    } while (after != before);
    out += after;
    text.remove_prefix(end);
  }
  return out;
}

std::u32string clean_text(std::u32string_view text, Cleaning cleaning) {
  if (cleaning == Cleaning::none) return std::u32string(text);
  std::u32string cleaned = html_unescape(html_unescape(fix_characters(text)));
  if (cleaning == Cleaning::lower) return unicode::python_lower(single_spaces(cleaned));
  std::u32string kept;
  for (char32_t c : single_spaces(cleaned))
    if (c == '_')
      kept += U' ';
    else if (!is_ascii_punctuation(c))
      kept += c;
  return single_spaces(unicode::python_lower(kept));
}

}  // namespace sensorium
