#include "sensorium/eval/meteor_words.h"

#include "sensorium/text/unicode.h"

#include <algorithm>

namespace sensorium {
namespace {

/// A full stop among several, which no rule for single ones may see.
constexpr char32_t kOneOfSeveralStops = 0x110000;

bool is_latin_digit(char32_t c) {
  return c >= U'0' && c <= U'9';
}

bool is_small_letter(char32_t c) {
  return c >= U'a' && c <= U'z';
}

bool is_alphabetic(char32_t c) {
  constexpr std::pair<char32_t, char32_t> kRanges[] = {{U'A', U'Z'},     {U'a', U'z'},     {0xC0, 0xD6},
                                                       {0xD8, 0xF6},     {0xF8, 0x17E},    {0x400, 0x527},
                                                       {0x1D00, 0x1D7F}, {0xA640, 0xA66E}, {0xA67E, 0xA697}};
  return std::any_of(std::begin(kRanges), std::end(kRanges), [&](auto r) { return c >= r.first && c <= r.second; });
}

bool is_alphanumeric(char32_t c) {
  return is_alphabetic(c) || is_latin_digit(c);
}

template <bool (*Is)(char32_t)>
bool is_not(char32_t c) {
  return !Is(c);
}

/// Puts `instead` in place of `middle` between a character that `left` takes and one that `right` takes, from left to
/// right; a character taken once is not seen again.
std::u32string between(std::u32string_view text, char32_t middle, std::u32string_view instead, bool (*left)(char32_t),
                       bool (*right)(char32_t)) {
  std::u32string out;
  for (size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (i + 2 < text.size() && text[i + 1] == middle && left(text[i]) && right(text[i + 2])) {
      out += instead;
      out += text[i + 2];
      i += 2;
    }
  }
  return out;
}

/// Every run of two `c` as `instead`.
std::u32string pairs_as(std::u32string_view text, char32_t c, std::u32string_view instead) {
  std::u32string out;
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] == c && i + 1 < text.size() && text[i + 1] == c) {
      out += instead;
      ++i;
    } else {
      out += text[i];
    }
  return out;
}

/// Plain quotes, hyphens and spaces; whatever belongs to no word apart; runs of full stops apart.
std::u32string plain_characters(std::string_view line) {
  std::u32string text = U" ";
  for (const char32_t c : unicode::decode(line)) {
    if (c == U'\t' || (c >= U'\n' && c <= U'\r'))
      text += U' ';
    else if (c == 0x2013)
      text += U" - ";
    else if (c == 0x2018 || c == 0x2019)
      text += U'\'';
    else if (c == 0x201C || c == 0x201D)
      text += U'"';
    else
      text += c;
  }
  text += U' ';
  std::u32string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    const size_t end = std::min(text.find_first_not_of(U'.', i), text.size());
    if (end > i + 1) {
      out += U' ' + std::u32string(end - i, kOneOfSeveralStops) + U' ';
      i = end - 1;
    } else if (is_alphanumeric(c) || std::u32string_view(U" .'`,-").find(c) != std::u32string_view::npos) {
      out += c;
    } else {
      out += {U' ', c, U' '};
    }
  }
  return out;
}

std::u32string split_commas(std::u32string text) {
  constexpr std::u32string_view kApart = U" , ";
  text = between(text, U',', kApart, is_not<is_latin_digit>, is_not<is_latin_digit>);
  text = between(text, U',', kApart, is_latin_digit, is_not<is_latin_digit>);
  return between(text, U',', kApart, is_not<is_latin_digit>, is_latin_digit);
}

/// Quotes apart, and two hyphens as one before them.
std::u32string split_quotes(std::u32string text) {
  constexpr std::u32string_view kApart = U" ' ", kOfRight = U" '";
  std::replace(text.begin(), text.end(), U'`', U'\'');
  text = pairs_as(text, U'-', U"-");
  text = pairs_as(text, U'\'', U" \" ");
  text = between(text, U'\'', kApart, is_not<is_alphabetic>, is_not<is_alphabetic>);
  text = between(text, U'\'', kApart, is_not<is_alphanumeric>, is_alphabetic);
  text = between(text, U'\'', kApart, is_alphabetic, is_not<is_alphabetic>);
  text = between(text, U'\'', kOfRight, is_alphabetic, is_alphabetic);
  return between(text, U'\'', kOfRight, is_latin_digit, [](char32_t c) { return c == U's'; });
}

std::u32string split_hyphens(std::u32string_view text) {
  return between(
      text, U'-', U" ", [](char32_t c) { return is_alphanumeric(c) || c == U'.'; }, is_alphanumeric);
}

std::vector<std::u32string> pieces_of(std::u32string_view text) {
  std::vector<std::u32string> pieces;
  for (size_t at = 0; (at = text.find_first_not_of(U' ', at)) != std::u32string_view::npos;) {
    const size_t end = std::min(text.find(U' ', at), text.size());
    pieces.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return pieces;
}

/// The word and its last full stop: one word, two, or an acronym without its full stops. `next` begins the next word.
std::vector<std::u32string> split_stop(const std::u32string& word, char32_t next, const NonbreakingPrefixes& prefixes) {
  if (word.size() < 2 || word.back() != U'.') return {word};
  const std::u32string before = word.substr(0, word.size() - 1);
  if (before.find(U'.') != std::u32string::npos && std::any_of(before.begin(), before.end(), is_alphabetic)) {
    std::u32string acronym = before;
    std::erase(acronym, U'.');
    return {acronym};
  }
  const auto known = prefixes.find(unicode::encode(before));
  const bool keeps = known != prefixes.end() && (!known->second || is_latin_digit(next));
  if (keeps || is_small_letter(next)) return {word};
  return {before, U"."};
}

std::string lower_case(const std::u32string& word) {
  std::u32string out;
  for (const char32_t c : word) unicode::append_lower(out, c == kOneOfSeveralStops ? U'.' : c);
  return unicode::encode(out);
}

}  // namespace

std::vector<std::string> meteor_words(std::string_view line, const NonbreakingPrefixes& prefixes) {
  const auto pieces = pieces_of(split_hyphens(split_quotes(split_commas(plain_characters(line)))));
  std::vector<std::string> words;
  for (size_t i = 0; i < pieces.size(); ++i)
    for (const std::u32string& word : split_stop(pieces[i], i + 1 < pieces.size() ? pieces[i + 1][0] : 0, prefixes))
      if (!unicode::is_space(word[0]) || word[0] == 0x85) words.push_back(lower_case(word));  // U+00A0 and its like
  return words;
}

}  // namespace sensorium
