#include "sensorium/eval/ptb_tokenizer.h"

#include "sensorium/eval/ptb_rules.h"
#include "sensorium/text/unicode.h"

#include <algorithm>
#include <array>

namespace sensorium {
namespace {

using namespace ptb;

constexpr char32_t kNoBreakSpace = 0xA0;

/// The best reading at one place. Readings are compared by all they look at, and the first of equals stands.
struct Reading {
  size_t seen = 0, taken = 0;  // with what has to follow; of the token itself
  std::u32string instead;      // the token, where it is not the text
  bool keep = true;            // spaces are no tokens
  void offer(size_t see, size_t take, std::u32string_view replacement = {}, bool is_token = true) {
    if (take > 0 && see > seen) *this = {see, take, std::u32string(replacement), is_token};
  }
  void offer(size_t length) { offer(length, length); }
};

/// Quotation marks in LaTeX's manner, character by character.
std::u32string latex_quotes(std::u32string_view text, bool opening) {
  std::u32string out;
  const auto among = [](char32_t c, std::u32string_view set) { return set.find(c) != std::u32string_view::npos; };
  for (const char32_t c : text) {
    if (c == U'"')
      out += opening ? U"``" : U"''";
    else if (c == U'\'' && opening)
      out += U'`';
    else if (among(c, U"\u0091\u2018\u201B\u2039"))
      out += U'`';
    else if (among(c, U"\u0092\u2019\u203A"))
      out += U'\'';
    else if (among(c, U"\u0093\u201C\u00AB"))
      out += U"``";
    else if (among(c, U"\u0094\u201D\u00BB"))
      out += U"''";
    else
      out += c;
  }
  return out;
}

void offer_words(const Line& t, size_t at, Reading& r) {
  size_t first = 0;
  if (const size_t n = assimilation(t, at, first); n > 0) r.offer(n, first);
  r.offer(markup(t, at));
  if (const char32_t c = t[at]; c == 0x96 || c == 0x97 || (c >= 0x2013 && c <= 0x2015)) r.offer(1, 1, U"--");
  for (const std::string_view dash : {"&md;", "&mdash;", "&ndash;"})
    if (t.has(at, dash)) r.offer(dash.size(), dash.size(), U"--");
  if (t.has(at, "&amp;")) r.offer(5, 5, U"&");
  r.offer(entity(t, at));
  const size_t letters = word(t, at);
  if (letters > 0) {
    if (const size_t n = clitic(t, at + letters); n > 0) r.offer(letters + n, letters);
    // "don't": the word gives its n away, unless what is left would end with another n.
    if (letters > 1 && negation(t, at + letters - 1) > 0 && is_ascii_letter(t[at + letters - 2]) &&
        lower(t[at + letters - 2]) != U'n')
      r.offer(letters + 2, letters - 1);
    r.offer(letters);
  }
  r.offer(apostrophe_word(t, at));
  if (lower(t[at]) == U'y' && is_apostrophe(t[at + 1]) && unicode::is_letter(t[at + 2])) r.offer(3, 2);
  if (const size_t n = end_of_sentence_abbreviation(t, at); n > 0) r.offer(n + 1, n);
  r.offer(run_on(t, at));
  r.offer(file_name(t, at));
  r.offer(address(t, at));
  r.offer(handle(t, at));
  if (const size_t n = clitic(t, at); n > 0 && !is_ascii_letter(t[at + n]))
    r.offer(n + 1, n, latex_quotes(t.cut(at, n), false));
  if (const size_t n = negation(t, at); n > 0) r.offer(n, n, latex_quotes(t.cut(at, n), false));
}

void offer_numbers(const Line& t, size_t at, Reading& r) {
  r.offer(date(t, at));
  r.offer(number(t, at));
  r.offer(superscript(t, at));
  r.offer(fraction(t, at));
  static constexpr std::u32string_view kOne = U"\u00BC\u00BD\u00BE\u2153\u2154";
  static constexpr std::array<std::u32string_view, 5> kSpelt = {U"1/4", U"1/2", U"3/4", U"1/3", U"2/3"};
  if (const size_t f = kOne.find(t[at]); f != std::u32string_view::npos) r.offer(1, 1, kSpelt[f]);
  if (t[at] >= 0x2155 && t[at] <= 0x215E) r.offer(1);
  r.offer(special(t, at));
  r.offer(slashed(t, at));
  r.offer(currency(t, at));
  if (t[at] == 0xA2) r.offer(1, 1, U"cents");
  if (t[at] == 0xA3) r.offer(1, 1, U"#");
  if (t[at] == 0x80 || t[at] == 0xA4 || t[at] == 0x20A0 || t[at] == 0x20AC) r.offer(1, 1, U"$");
}

/// Round brackets by name, as the Treebank has them.
std::u32string named_brackets(std::u32string_view text) {
  std::u32string out;
  for (const char32_t c : text)
    if (c == U'(' || c == U')')
      out += c == U'(' ? U"-lrb-" : U"-rrb-";
    else
      out += c;
  return out;
}

void offer_abbreviations(const Line& t, size_t at, Reading& r) {
  r.offer(abbreviation(t, at, false));
  if (const size_t n = abbreviation(t, at, true); n > 0 && (is_space(t[at + n]) || t[at + n] == U'\n'))
    r.offer(n + 1, n);
  if (is_apostrophe(t[at]) && is_ascii_digit(t[at + 1]) && is_ascii_digit(t[at + 2]) &&
      (is_space(t[at + 3]) || t[at + 3] == U'\n'))
    r.offer(4, 3);
  const auto before_comma = [&](size_t n) {
    if (n > 0 && t[at + n] == U'.' && is_sentence_internal(t[at + n + 1])) r.offer(n + 2, n + 1);
  };
  before_comma(word(t, at));
  if (const size_t n = telephone(t, at); n > 0) r.offer(n, n, named_brackets(t.cut(at, n)));
  for (const auto rule : {dotted_compound, compound, ampersand_word}) {
    const size_t n = rule(t, at);
    before_comma(n);
    r.offer(n);
  }
}

void offer_brackets(const Line& t, size_t at, Reading& r) {
  size_t seen = 0;
  if (const size_t n = emoticon(t, at, seen); n > 0) r.offer(seen, n, named_brackets(t.cut(at, n)));
  const size_t quote = t[at] == U'"' ? 1 : t.has(at, "&quot;") ? 6 : 0;
  if (quote > 0) {
    const bool opens = is_ascii_word(t[at + quote]) || t[at + quote] == U'$';
    r.offer(quote + (opens ? 1 : 0), quote, latex_quotes(U"\"", opens));
  }
  struct Bracket {
    std::string_view text;
    std::u32string_view name;
  };
  static constexpr std::array<Bracket, 6> kBrackets = {Bracket{"[", U"-lsb-"}, {"]", U"-rsb-"}, {"{", U"-lcb-"},
                                                       {"}", U"-rcb-"},        {"(", U"-lrb-"}, {")", U"-rrb-"}};
  for (const Bracket& b : kBrackets)
    if (t.has(at, b.text)) r.offer(b.text.size(), b.text.size(), b.name);
  if (t.has(at, "&lt;")) r.offer(4, 4, U"<");
  if (t.has(at, "&gt;")) r.offer(4, 4, U">");
  r.offer(run_of(t, at, U"<") == 2 ? 2 : 0);
  r.offer(run_of(t, at, U">") == 2 ? 2 : 0);
}

void offer_marks(const Line& t, size_t at, Reading& r) {
  const size_t hyphens = run_of(t, at, U"-");
  if (hyphens > 0) r.offer(hyphens, hyphens, hyphens == 3 || hyphens == 4 ? U"--" : U"");
  if (const size_t n = dots(t, at); n > 0) r.offer(n, n, U"...");
  for (const std::u32string_view set : {U"@", U"#", U"_", U"*", U"?!"}) r.offer(run_of(t, at, set));
  if (is_apostrophe(t[at]) && t[at] == U'\'' && is_ascii_letter(t[at + 1]) && !is_space(t[at + 2]) &&
      t[at + 2] != U'\n')
    r.offer(3, 1, U"`");
  if (const size_t n = clitic(t, at); n > 0) r.offer(n, n, latex_quotes(t.cut(at, n), false));
  static constexpr std::u32string_view kQuotes =
      U"`\u2018\u2019\u201A\u201B\u201C\u201D\u0091\u0092\u0093\u0094\u201E\u201F\u2039\u203A\u00AB\u00BB";
  if (const size_t n =
          t[at] == U'\'' ? std::min<size_t>(run_of(t, at, U"'"), 2) : std::min<size_t>(run_of(t, at, kQuotes), 2);
      n > 0)
    r.offer(n, n, latex_quotes(t.cut(at, n), false));
  if (t.has(at, "&apos;")) r.offer(6, 6, U"'");
  if (t.has(at, "&nbsp;")) r.offer(6, 6, {}, false);
}

Reading read_at(const Line& t, size_t at) {
  Reading r;
  offer_words(t, at, r);
  offer_numbers(t, at, r);
  offer_abbreviations(t, at, r);
  offer_brackets(t, at, r);
  offer_marks(t, at, r);
  r.offer(1, 1, {}, stands_alone(t[at]));  // white space and what is not known are dropped
  return r;
}

void append_lower(std::string& out, std::u32string_view token) {
  std::u32string folded;
  for (const char32_t c : token) {
    if (c == 0xAD) continue;
    if (c == U' ')
      folded += kNoBreakSpace;
    else
      unicode::append_lower(folded, c);
  }
  out += unicode::encode(folded);
}

}  // namespace

std::vector<std::string> treebank_tokens(std::string_view line) {
  std::u32string text = unicode::decode(line);
  for (char32_t& c : text)
    if (c == U'\n' || c == U'\r') c = U' ';
  const Line t(std::move(text));
  std::vector<std::string> tokens;
  for (size_t at = 0; at < t.size();) {
    const Reading r = read_at(t, at);
    if (r.keep) {
      std::string token;
      append_lower(token, r.instead.empty() ? t.cut(at, r.taken) : std::u32string_view(r.instead));
      if (!token.empty()) tokens.push_back(std::move(token));
    }
    at += r.taken;
  }
  return tokens;
}

std::string coco_caption_tokens(std::string_view caption) {
  static constexpr std::array<std::string_view, 13> kLeftOut = {"''", "'", "``", "`",  ".",   "?", "!",
                                                                ",",  ":", "-",  "--", "...", ";"};
  std::string out;
  for (const std::string& token : treebank_tokens(caption)) {
    if (std::find(kLeftOut.begin(), kLeftOut.end(), token) != kLeftOut.end()) continue;
    if (!out.empty()) out += ' ';
    out += token;
  }
  return out;
}

std::string simple_caption_tokens(std::string_view caption) {
  std::u32string kept;
  const std::u32string folded = unicode::python_lower(unicode::decode(caption));
  for (const char32_t c : folded) {
    const bool punctuation = c > 0x20 && c < 0x7F && !is_ascii_word(c);
    if (punctuation) continue;
    const bool space = unicode::is_python_space(c);
    if (space && (kept.empty() || kept.back() == U' ')) continue;
    kept += space ? U' ' : c;
  }
  if (!kept.empty() && kept.back() == U' ') kept.pop_back();
  return unicode::encode(kept);
}

}  // namespace sensorium
