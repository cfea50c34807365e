#include "sensorium/eval/porter_stemmer.h"

#include <array>
#include <span>
#include <utility>
#include <vector>

namespace sensorium {
namespace {

/// Which letters are consonants; y is one at the start and behind a vowel.
std::vector<bool> consonants(std::string_view word) {
  std::vector<bool> flags(word.size());
  for (size_t i = 0; i < word.size(); ++i)
    flags[i] =
        word[i] == 'y' ? i == 0 || !flags[i - 1] : std::string_view("aeiou").find(word[i]) == std::string_view::npos;
  return flags;
}

/// m of the paper: how often a vowel is followed by a consonant.
int measure(std::string_view stem) {
  const auto flags = consonants(stem);
  int m = 0;
  for (size_t i = 1; i < flags.size(); ++i) m += !flags[i - 1] && flags[i];
  return m;
}

bool has_vowel(std::string_view stem) {
  for (const bool consonant : consonants(stem))
    if (!consonant) return true;
  return false;
}

/// *o of the paper: consonant, vowel, consonant other than w, x, y; of two letters, vowel and consonant.
bool ends_short(std::string_view word) {
  const auto flags = consonants(word);
  const size_t n = word.size();
  if (n == 2) return !flags[0] && flags[1];
  return n >= 3 && flags[n - 3] && !flags[n - 2] && flags[n - 1] &&
         std::string_view("wxy").find(word[n - 1]) == std::string_view::npos;
}

bool ends_double(std::string_view word) {
  const size_t n = word.size();
  return n >= 2 && word[n - 1] == word[n - 2] && consonants(word)[n - 1];
}

struct Rule {
  std::string_view suffix, replacement;
};

/// The first rule whose suffix fits is applied if the stem's measure exceeds `above`; no other is tried.
std::string apply(std::string word, std::span<const Rule> rules, int above) {
  for (const Rule& r : rules) {
    if (!word.ends_with(r.suffix)) continue;
    const std::string stem = word.substr(0, word.size() - r.suffix.size());
    bool fits = measure(stem) > above;
    if (r.suffix == "logi") fits = measure(std::string_view(word).substr(0, word.size() - 3)) > above;
    if (r.suffix == "ion") fits = fits && (stem.ends_with('s') || stem.ends_with('t'));
    return fits ? stem + std::string(r.replacement) : word;
  }
  return word;
}

std::string plurals(std::string word) {
  if (word.ends_with("ies") && word.size() == 4) return word.substr(0, 3);
  static constexpr std::array<Rule, 4> kRules = {Rule{"sses", "ss"}, {"ies", "i"}, {"ss", "ss"}, {"s", ""}};
  return apply(std::move(word), kRules, -1);
}

std::string participles(std::string word) {
  if (word.ends_with("ied")) return word.substr(0, word.size() - (word.size() == 4 ? 1 : 2));
  if (word.ends_with("eed"))
    return measure(word.substr(0, word.size() - 3)) > 0 ? word.substr(0, word.size() - 1) : word;
  std::string stem;
  for (const std::string_view suffix : {"ed", "ing"})
    if (word.ends_with(suffix)) {
      stem = word.substr(0, word.size() - suffix.size());
      if (has_vowel(stem)) break;
      stem.clear();
    }
  if (stem.empty()) return word;
  if (stem.ends_with("at") || stem.ends_with("bl") || stem.ends_with("iz")) return stem + "e";
  if (ends_double(stem)) {
    const char last = stem.back();
    if (last != 'l' && last != 's' && last != 'z') stem.pop_back();
    return stem;
  }
  return measure(stem) == 1 && ends_short(stem) ? stem + "e" : stem;
}

std::string final_y(std::string word) {
  if (word.size() > 2 && word.ends_with('y') && consonants(word)[word.size() - 2]) word.back() = 'i';
  return word;
}

std::string double_suffixes(std::string word) {
  while (word.ends_with("alli") && measure(word.substr(0, word.size() - 4)) > 0) word.resize(word.size() - 2);
  static constexpr std::array<Rule, 22> kRules = {
      Rule{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"}, {"izer", "ize"},
      {"bli", "ble"},         {"alli", "al"},     {"entli", "ent"}, {"eli", "e"},     {"ousli", "ous"},
      {"ization", "ize"},     {"ation", "ate"},   {"ator", "ate"},  {"alism", "al"},  {"iveness", "ive"},
      {"fulness", "ful"},     {"ousness", "ous"}, {"aliti", "al"},  {"iviti", "ive"}, {"biliti", "ble"},
      {"fulli", "ful"},       {"logi", "log"}};
  return apply(std::move(word), kRules, 0);
}

std::string single_suffixes(std::string word) {
  static constexpr std::array<Rule, 7> kThird = {Rule{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"},
                                                 {"ical", "ic"},      {"ful", ""},   {"ness", ""}};
  static constexpr std::array<Rule, 19> kFourth = {
      Rule{"al", ""}, {"ance", ""},  {"ence", ""}, {"er", ""},  {"ic", ""},  {"able", ""}, {"ible", ""},
      {"ant", ""},    {"ement", ""}, {"ment", ""}, {"ent", ""}, {"ion", ""}, {"ou", ""},   {"ism", ""},
      {"ate", ""},    {"iti", ""},   {"ous", ""},  {"ive", ""}, {"ize", ""}};
  return apply(apply(std::move(word), kThird, 0), kFourth, 1);
}

std::string final_letters(std::string word) {
  if (word.ends_with('e')) {
    const std::string stem = word.substr(0, word.size() - 1);
    const int m = measure(stem);
    if (m > 1 || (m == 1 && !ends_short(stem))) word = stem;
  }
  if (word.ends_with("ll") && measure(word.substr(0, word.size() - 1)) > 1) word.pop_back();
  return word;
}

}  // namespace

std::string porter_stem(std::string_view word) {
  static constexpr std::array<Rule, 17> kIrregular = {Rule{"sky", "sky"},
                                                      {"skies", "sky"},
                                                      {"dying", "die"},
                                                      {"lying", "lie"},
                                                      {"tying", "tie"},
                                                      {"news", "news"},
                                                      {"innings", "inning"},
                                                      {"inning", "inning"},
                                                      {"outings", "outing"},
                                                      {"outing", "outing"},
                                                      {"cannings", "canning"},
                                                      {"canning", "canning"},
                                                      {"howe", "howe"},
                                                      {"proceed", "proceed"},
                                                      {"exceed", "exceed"},
                                                      {"succeed", "succeed"},
                                                      {"", ""}};
  for (const Rule& r : kIrregular)
    if (word == r.suffix) return std::string(r.replacement);
  if (word.size() <= 2) return std::string(word);
  return final_letters(single_suffixes(double_suffixes(final_y(participles(plurals(std::string(word)))))));
}

}  // namespace sensorium
