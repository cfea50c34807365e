// Note: each rule below is one alternative of ftfy's expression, in its order; `at(i)` are classes, `t[i]` characters
// counted from where the match would begin.
#include "sensorium/text/mojibake.h"
#include "sensorium/text/mojibake_classes.h"
#include "sensorium/text/unicode.h"

namespace sensorium {

namespace {

using namespace mojibake;

bool one_of(char32_t c, std::u32string_view set) {
  return set.find(c) != set.npos;
}
bool is_lower(char32_t c) {
  return c >= 'a' && c <= 'z';
}
bool is_latin(char32_t c) {
  return is_lower(c | 0x20) && c < 0x80;
}
bool is_word(char32_t c) {
  return c == '_' || unicode::is_letter(c) || unicode::is_number(c);
}

/// A view of the text from one place on; past its end are NULs, which no rule asks for.
struct Window {
  std::u32string_view text;
  size_t begin;
  bool has(size_t i) const { return begin + i < text.size(); }
  char32_t operator[](size_t i) const { return has(i) ? text[begin + i] : 0; }
  bool in(size_t i, uint32_t classes) const { return has(i) && (classes_of(text[begin + i]) & classes) != 0; }
};

/// Rules on classes alone, and on classes beside ASCII letters.
bool class_rules(const Window& t) {
  constexpr uint32_t accented = kLowerAccented | kUpperAccented;
  constexpr uint32_t beside_bad = accented | kBox | kStart | kEnd | kCurrency | kNumeric | kLaw;
  return t.in(0, kC1) || (t.in(0, kBad | beside_bad) && t.in(1, kBad)) ||
         (is_latin(t[0]) && t.in(1, kLowerCommon | kUpperCommon) && t.in(2, kBad)) ||
         (t.in(0, kBad) && t.in(1, beside_bad)) ||
         (t.in(0, kLowerAccented | kLowerCommon | kBox | kEnd | kCurrency | kNumeric) && t.in(1, kUpperAccented)) ||
         (t.in(0, kBox | kEnd | kCurrency | kNumeric) && t.in(1, kLowerAccented)) ||
         (t.in(0, kLowerAccented | kBox | kEnd) && t.in(1, kCurrency)) ||
         (t.has(0) && unicode::is_python_space(t[0]) && t.in(1, kUpperAccented) && t.in(2, kCurrency)) ||
         (t.in(0, kUpperAccented | kBox) && t.in(1, kNumeric | kLaw)) ||
         (t.in(0, accented | kBox | kCurrency | kEnd) && t.in(1, kStart) && t.in(2, kNumeric)) ||
         (t.in(0, accented | kCurrency | kNumeric | kBox | kLaw) && t.in(1, kEnd) && t.in(2, kStart)) ||
         (t.in(0, kCurrency | kNumeric | kBox) && t.in(1, kStart)) ||
         (is_lower(t[0]) && t.in(1, kUpperAccented) && t.in(2, kStart | kCurrency)) ||
         (t.in(0, kBox) && t.in(1, kKaomoji)) ||
         (t.in(0, accented | kCurrency | kNumeric | kStart | kEnd | kLaw) && t.in(1, kBox)) ||
         (t.in(0, kBox) && t.in(1, kEnd)) || (t.in(0, accented) && t.in(1, kStart | kEnd) && t.has(2) && is_word(t[2]));
}

/// Two characters of Arabic read as Windows-1252.
bool arabic_pair(const Window& t, size_t i) {
  return one_of(t[i], U"ØÙ") &&
         (t.in(i + 1, kCommon | kCurrency | kBad | kNumeric | kStart) || one_of(t[i + 1], U"ŸŠ®°µ»"));
}

bool western_rules(const Window& t) {
  if (one_of(t[0], U"Œœ")) return t.has(1) && !is_latin(t[1]);
  if (t.in(0, kUpperAccented) && t[1] == U'°') return true;
  if (one_of(t[0], U"ÂÃÎÐ") && (t.in(1, kStart | kEnd) || one_of(t[1], U"€œŠš¢£Ÿž\u00A0\u00AD®©°·»–—´"))) return true;
  if (t[0] == U'×') return one_of(t[1], U"²³");
  if (arabic_pair(t, 0) && arabic_pair(t, 2)) return true;
  if (t[0] == U'à' && one_of(t[1], U"²µ¹¼½¾")) return true;
  if (t[0] == U'Ã' && one_of(t[1], U"\u00A0¡")) return true;
  if (is_lower(t[0])) {
    const size_t i = t.has(1) && unicode::is_python_space(t[1]) ? 2 : 1;
    if (one_of(t[i], U"ÃÂ") && t[i + 1] == U' ') return true;
  }
  if (t.begin == 0 && one_of(t[0], U"ÃÂ") && t[1] == U' ') return true;
  const bool before = is_lower(t[0]) || (one_of(t[0], U".,?!")) || t.in(0, kEnd);
  return before && t[1] == U'Â' && (t[2] == U' ' || t.in(2, kStart | kEnd));
}

bool macroman_rules(const Window& t) {
  if (t[0] == U'√') return one_of(t[1], U"±∂†≠®™´≤≥¥µø");
  if (t[0] == U'≈') return one_of(t[1], U"°¢");
  if (t[0] != U'‚') return false;
  if (t[1] == U'Ä') return one_of(t[2], U"ìîïòôúùû†°¢π");
  return one_of(t[1], U"âó") && one_of(t[2], U"àä°ê");
}

bool eastern_rules(const Window& t) {
  constexpr uint32_t between = kC1 | kBad | kStart | kEnd | kCurrency;
  if (t[0] == U'в' && t[1] == U'Ђ') return true;
  if (one_of(t[0], U"ВГРС") && (t.in(1, between) || one_of(t[1], U"°µ")) && one_of(t[2], U"ВГРС")) return true;
  if (t.text.substr(t.begin).starts_with(U"ГўВЂВ") && t.has(6) && t[5] != U'\n' && (is_latin(t[6]) || t[6] == U' '))
    return true;
  if (t[0] == U'β' && t[1] == U'€') return one_of(t[2], U"™\u00A0Ά\u00AD®°");
  if (one_of(t[0], U"ΒΓΞΟ") && (t.in(1, between) || t[1] == U'°') && one_of(t[2], U"ΒΓΞΟ")) return true;
  return t[0] == U'ā' && t[1] == U'€';
}

}  // namespace

bool looks_like_mojibake(std::u32string_view text) {
  // Every rule begins with a character of Latin, a class, or white space before one of those: what is all ASCII passes.
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] < 0x80 && !(i + 1 < text.size() && text[i + 1] >= 0x80) &&
        !(i + 2 < text.size() && text[i + 2] >= 0x80))
      continue;
    const Window t{text, i};
    if (class_rules(t) || western_rules(t) || macroman_rules(t) || eastern_rules(t)) return true;
  }
  return false;
}

}  // namespace sensorium
