#include "sensorium/eval/text_overlap.h"

#include "sensorium/eval/ngrams.h"
#include "sensorium/eval/porter_stemmer.h"
#include "sensorium/text/unicode.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace sensorium {
namespace {

constexpr size_t kOrders = 4;

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
}

using Test = bool (*)(char32_t);

/// The regular expression (a)(b) -> \1 \2, with spaces where asked, from left to right without overlap.
std::u32string space_pairs(const std::u32string& text, Test first, Test second, std::string_view where) {
  std::u32string out;
  const bool before = where[0] == ' ', after = where[1] == ' ';
  for (size_t i = 0; i < text.size(); ++i) {
    if (i + 1 < text.size() && first(text[i]) && second(text[i + 1])) {
      if (before) out += U' ';
      out += text[i];
      out += U' ';
      out += text[++i];
      if (after) out += U' ';
    } else {
      out += text[i];
    }
  }
  return out;
}

std::u32string space_around(const std::u32string& text, Test test) {
  std::u32string out;
  for (const char32_t c : text)
    if (test(c))
      out += {U' ', c, U' '};
    else
      out += c;
  return out;
}

bool is_digit(char32_t c) {
  return c >= U'0' && c <= U'9';
}
bool not_digit(char32_t c) {
  return !is_digit(c);
}
bool is_stop(char32_t c) {
  return c == U'.' || c == U',';
}
bool is_dash(char32_t c) {
  return c == U'-';
}
/// { to ~, [ to `, space to &, ( to +, : to @, and /.
bool is_v13a_symbol(char32_t c) {
  return (c >= U'{' && c <= U'~') || (c >= U'[' && c <= U'`') || (c >= U' ' && c <= U'&') || (c >= U'(' && c <= U'+') ||
         (c >= U':' && c <= U'@') || c == U'/';
}
bool not_number(char32_t c) {
  return !unicode::is_number(c);
}

std::u32string v13a(std::string text) {
  replace_all(text, "<skipped>", "");
  replace_all(text, "-\n", "");
  replace_all(text, "\n", " ");
  replace_all(text, "&quot;", "\"");
  replace_all(text, "&amp;", "&");
  replace_all(text, "&lt;", "<");
  replace_all(text, "&gt;", ">");
  std::u32string line = space_around(unicode::decode(" " + text + " "), is_v13a_symbol);
  line = space_pairs(line, not_digit, is_stop, "_ ");
  line = space_pairs(line, is_stop, not_digit, " _");
  return space_pairs(line, is_digit, is_dash, "_ ");
}

std::u32string international(const std::string& text) {
  std::u32string line = space_pairs(unicode::decode(text), not_number, unicode::is_punctuation, "_ ");
  line = space_pairs(line, unicode::is_punctuation, not_number, " _");
  return space_around(line, unicode::is_symbol);
}

/// Counts of one item; those of a set are their sums.
struct Counts {
  std::array<int64_t, kOrders> right{}, counted{};
  int64_t length = 0, reference_length = 0;
};

Counts counts_of(const std::string& candidate, const std::vector<std::string>& references, BleuWords how, bool fold) {
  WordNumbers numbers;
  const auto words = [&](const std::string& text) {
    return numbers.numbered(
        bleu_words(fold ? unicode::encode(unicode::python_lower(unicode::decode(text))) : text, how));
  };
  Counts c;
  const auto own = words(candidate);
  c.length = static_cast<int64_t>(own.size());
  std::array<NgramCounts, kOrders> largest;
  int64_t closest = -1;
  for (const std::string& text : references) {
    const auto other = words(text);
    const auto length = static_cast<int64_t>(other.size());
    const int64_t distance = std::abs(length - c.length), best = std::abs(c.reference_length - c.length);
    if (closest < 0 || distance < best || (distance == best && length < c.reference_length))
      c.reference_length = length;
    closest = 0;
    for (size_t n = 0; n < kOrders; ++n) raise_to(largest[n], count_ngrams(other, static_cast<int>(n + 1)));
  }
  for (size_t n = 0; n < kOrders; ++n) {
    c.right[n] = overlap(count_ngrams(own, static_cast<int>(n + 1)), largest[n]);
    c.counted[n] = std::max<int64_t>(0, c.length - static_cast<int64_t>(n));
  }
  return c;
}

BleuReport report_of(const Counts& c, bool effective_order) {
  BleuReport r;
  r.length = c.length;
  r.reference_length = c.reference_length;
  if (c.length < c.reference_length)
    r.brevity_penalty =
        c.length > 0 ? std::exp(1 - static_cast<double>(c.reference_length) / static_cast<double>(c.length)) : 0;
  if (std::all_of(c.right.begin(), c.right.end(), [](int64_t n) { return n == 0; })) return r;
  double smoothing = 1, logs = 0;
  size_t orders = effective_order ? 0 : kOrders;
  for (size_t n = 0; n < kOrders && c.counted[n] > 0; ++n) {
    if (effective_order) orders = n + 1;
    const auto counted = static_cast<double>(c.counted[n]);
    r.precisions[n] =
        c.right[n] > 0 ? 100 * static_cast<double>(c.right[n]) / counted : 100 / ((smoothing *= 2) * counted);
  }
  for (size_t n = 0; n < orders; ++n) logs += r.precisions[n] > 0 ? std::log(r.precisions[n]) : -9999999999.0;
  r.score = r.brevity_penalty * std::exp(logs / static_cast<double>(orders));
  return r;
}

using CharacterCounts = std::array<std::map<std::u32string, int64_t>, 6>;

CharacterCounts character_ngrams(const std::string& text) {
  std::u32string line;
  for (const std::string& word : split_white_space(text)) line += unicode::decode(word);
  CharacterCounts counts;
  for (size_t n = 1; n <= counts.size(); ++n)
    for (size_t i = 0; i + n <= line.size(); ++i) ++counts[n - 1][line.substr(i, n)];
  return counts;
}

/// Candidate, reference and common n-grams, an order each.
struct CharacterMatches {
  std::array<std::array<int64_t, 3>, 6> orders{};
  double f2() const {
    double precision = 0, recall = 0;
    int used = 0;
    for (const auto& [candidate, reference, common] : orders) {
      if (candidate == 0 || reference == 0) continue;
      precision += static_cast<double>(common) / static_cast<double>(candidate);
      recall += static_cast<double>(common) / static_cast<double>(reference);
      ++used;
    }
    if (used == 0 || precision + recall == 0) return 0;
    precision /= used;
    recall /= used;
    return 100 * 5 * precision * recall / (4 * precision + recall);
  }
};

CharacterMatches match(const CharacterCounts& candidate, const CharacterCounts& reference) {
  CharacterMatches m;
  for (size_t n = 0; n < m.orders.size(); ++n) {
    auto& [own, other, common] = m.orders[n];
    for (const auto& [gram, count] : reference[n]) other += count;
    for (const auto& [gram, count] : candidate[n]) {
      own += count;
      if (const auto found = reference[n].find(gram); found != reference[n].end())
        common += std::min(count, found->second);
    }
    if (reference[n].empty()) own = 0;
  }
  return m;
}

std::vector<std::string> rouge_words(const std::string& text, bool stem) {
  std::string plain;
  for (const char32_t c : unicode::python_lower(unicode::decode(text)))
    plain += (c >= U'a' && c <= U'z') || is_digit(c) ? static_cast<char>(c) : ' ';
  auto words = split_white_space(plain);
  if (stem)
    for (std::string& w : words)
      if (w.size() > 3) w = porter_stem(w);
  std::erase_if(words, [](const std::string& w) { return w.empty(); });
  return words;
}

OverlapFigures figures(int64_t common, int64_t candidate, int64_t reference) {
  const auto c = static_cast<double>(common);
  OverlapFigures f{c / static_cast<double>(std::max<int64_t>(candidate, 1)),
                   c / static_cast<double>(std::max<int64_t>(reference, 1)), 0};
  if (f.precision + f.recall > 0) f.f1 = 2 * f.precision * f.recall / (f.precision + f.recall);
  return f;
}

}  // namespace

std::vector<std::string> bleu_words(const std::string& text, BleuWords how) {
  std::string trimmed = text;
  while (!trimmed.empty() && unicode::is_python_space(static_cast<unsigned char>(trimmed.back()))) trimmed.pop_back();
  if (how == BleuWords::none) return split_white_space(trimmed);
  return split_white_space(unicode::encode(how == BleuWords::v13a ? v13a(trimmed) : international(trimmed)));
}

BleuReport sacre_bleu(const CaptionSet& set, BleuWords how, bool lower_case) {
  require_captions(set, "bleu");
  Counts all;
  for (size_t i = 0; i < set.candidates.size(); ++i) {
    const Counts own = counts_of(set.candidates[i], set.references[i], how, lower_case);
    for (size_t n = 0; n < kOrders; ++n) all.right[n] += own.right[n], all.counted[n] += own.counted[n];
    all.length += own.length;
    all.reference_length += own.reference_length;
  }
  return report_of(all, false);
}

double sentence_bleu(const std::string& candidate, const std::vector<std::string>& references) {
  return report_of(counts_of(candidate, references, BleuWords::v13a, false), true).score;
}

double chrf(const CaptionSet& set) {
  require_captions(set, "chrf");
  CharacterMatches all;
  for (size_t i = 0; i < set.candidates.size(); ++i) {
    const CharacterCounts candidate = character_ngrams(set.candidates[i]);
    CharacterMatches best;
    double highest = -1;
    for (const std::string& reference : set.references[i]) {
      const CharacterMatches m = match(candidate, character_ngrams(reference));
      if (const double f = m.f2(); f > highest) highest = f, best = m;
    }
    for (size_t n = 0; n < all.orders.size(); ++n)
      for (size_t k = 0; k < 3; ++k) all.orders[n][k] += best.orders[n][k];
  }
  return all.f2();
}

RougeFigures rouge_score(const std::string& candidate, const std::string& reference, bool stem) {
  WordNumbers numbers;
  const auto own = numbers.numbered(rouge_words(candidate, stem)),
             other = numbers.numbered(rouge_words(reference, stem));
  const auto n = static_cast<int64_t>(own.size()), m = static_cast<int64_t>(other.size());
  const auto of_order = [&](int order) {
    return figures(overlap(count_ngrams(own, order), count_ngrams(other, order)), n - order + 1, m - order + 1);
  };
  return {of_order(1), of_order(2), figures(longest_common_subsequence(own, other), n, m)};
}

}  // namespace sensorium
