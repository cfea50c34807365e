// Longer than most: a rule for each kind of token, and the lists of words that they know.

#include "sensorium/eval/ptb_rules.h"

#include "sensorium/text/unicode.h"

#include <algorithm>
#include <array>
#include <span>

namespace sensorium::ptb {
namespace {

bool in(char32_t c, std::u32string_view set) {
  return set.find(c) != std::u32string_view::npos;
}

template <class Test>
size_t while_is(const Line& t, size_t at, Test&& test) {
  size_t n = 0;
  while (at + n < t.size() && test(t[at + n])) ++n;
  return n;
}

bool is_digit(char32_t c) {
  return unicode::is_decimal_digit(c);
}

/// The longest of `words` (lower case) that stands here.
template <size_t N>
size_t longest_of(const Line& t, size_t at, const std::array<std::string_view, N>& words) {
  size_t best = 0;
  for (const std::string_view w : words)
    if (w.size() > best && t.has(at, w)) best = w.size();
  return best;
}

/// A.B.C without the last dot: letters joined by dots, at least two.
size_t dotted_letters(const Line& t, size_t at) {
  if (!is_ascii_letter(t[at])) return 0;
  size_t n = 1;
  while (t[at + n] == U'.' && is_ascii_letter(t[at + n + 1])) n += 2;
  return n > 1 ? n : 0;
}

constexpr std::array<std::string_view, 7> kNations = {"canada-u.s", "sino-u.s", "korean-u.s", "eu-u.s",
                                                      "japan-u.s",  "non-u.s",  "u.s.-u.k"};

size_t acronym(const Line& t, size_t at) {
  return std::max(dotted_letters(t, at), longest_of(t, at, kNations));
}

/// Titles and others that stand before a name.
constexpr std::array<std::string_view, 61> kTitles = {
    "mr",    "mrs",  "ms",   "mme",   "dr",     "drs", "prof", "profs", "sen", "sens", "rep",  "reps",  "atty",
    "attys", "lt",   "col",  "gen",   "messrs", "gov", "govs", "adm",   "rev", "maj",  "sgt",  "sfc",   "cpl",
    "pvt",   "mt",   "capt", "st",    "ste",    "ave", "pres", "lieut", "hon", "brig", "cmdr", "comdr", "pfc",
    "spc",   "ens",  "supt", "supts", "det",    "vs",  "alex", "wm",    "jos", "cie",  "cf",   "treas", "invt",
    "elec",  "natl", "mtg",  "mfg",   "a.k.a",  "rt",  "adj",  "adv",   "ct"};
/// Months, days, states, companies, measures, and what stands after a name.
constexpr std::array<std::string_view, 83> kDotted = {
    "jan",  "feb",   "mar",  "apr",  "jun",  "jul",   "aug", "sep", "sept", "oct",     "nov",  "dec",
    "mon",  "tue",   "tues", "wed",  "thu",  "thurs", "fri", "ala", "ariz", "calif",   "colo", "conn",
    "dak",  "fla",   "ga",   "ind",  "kan",  "kans",  "ky",  "md",  "mich", "minn",    "mo",   "mont",
    "neb",  "nev",   "okla", "penn", "tenn", "va",    "vt",  "wis", "wisc", "wyo",     "inc",  "co",
    "cos",  "corp",  "pty",  "ptys", "ppty", "pptys", "pte", "ltd", "plc",  "bancorp", "dept", "bhd",
    "assn", "assoc", "univ", "intl", "sys",  "bldg",  "ph",  "tel", "est",  "ext",     "sq",   "ft",
    "jr",   "sr",    "bros", "ed.d", "ph.d", "blvd",  "rd",  "esq", "etc",  "al",      "seq"};
/// States that are words too, and so need their capital.
constexpr std::array<std::string_view, 11> kCapital = {"ark",  "az",  "del", "ill", "la",  "mass",
                                                       "miss", "ore", "pa",  "tex", "wash"};
/// Those that need a number behind them.
constexpr std::array<std::string_view, 8> kNumbered = {"art", "ca", "fig", "no", "nos", "op", "pp", "prop"};

}  // namespace

bool Line::has(size_t at, std::string_view wanted) const {
  for (size_t i = 0; i < wanted.size(); ++i)
    if (lower((*this)[at + i]) != static_cast<char32_t>(wanted[i])) return false;
  return true;
}

char32_t lower(char32_t c) {
  return c >= U'A' && c <= U'Z' ? c + 32 : c;
}
bool is_ascii_letter(char32_t c) {
  return lower(c) >= U'a' && lower(c) <= U'z';
}
bool is_ascii_digit(char32_t c) {
  return c >= U'0' && c <= U'9';
}
bool is_ascii_word(char32_t c) {
  return is_ascii_letter(c) || is_ascii_digit(c);
}
bool is_alphanumeric(char32_t c) {
  return unicode::is_letter(c) || is_digit(c);
}
namespace {

struct Span {
  char32_t first, last;
};

bool within(char32_t c, std::span<const Span> spans) {
  return std::any_of(spans.begin(), spans.end(), [c](const Span& s) { return c >= s.first && c <= s.last; });
}

}  // namespace

bool is_word_character(char32_t c) {
  // Marks and modifiers that stand inside words; others are dropped.
  static constexpr std::array<Span, 12> kMarks = {Span{0xAD, 0xAD}, {0x2C2, 0x2C5}, {0x2D2, 0x2DF}, {0x2E5, 0x36F},
                                                  {0x375, 0x375},   {0x384, 0x385}, {0x483, 0x487}, {0x55A, 0x55F},
                                                  {0x591, 0x5BD},   {0x64B, 0x65E}, {0x6D6, 0x6EF}, {0x900, 0x903}};
  if (unicode::is_letter(c)) return true;
  if (within(c, kMarks)) return !is_digit(c);
  return c >= 0x904 && c < 0xECE && unicode::is_nonspacing_mark(c);
}

bool stands_alone(char32_t c) {
  static constexpr std::array<Span, 58> kSymbols = {
      Span{0x21, 0x2F}, {0x3A, 0x40},     {0x5B, 0x60},     {0x7B, 0x7E},     {0xA1, 0xA1},     {0xA5, 0xA9},
      {0xAB, 0xAC},     {0xAE, 0xBB},     {0xBF, 0xBF},     {0xD7, 0xD7},     {0xF7, 0xF7},     {0x37E, 0x37E},
      {0x387, 0x387},   {0x589, 0x589},   {0x5BE, 0x5BE},   {0x5C0, 0x5C0},   {0x5C3, 0x5C3},   {0x5C6, 0x5C6},
      {0x5F3, 0x5F4},   {0x600, 0x603},   {0x606, 0x60C},   {0x614, 0x614},   {0x61B, 0x61B},   {0x61E, 0x61F},
      {0x66A, 0x66A},   {0x66D, 0x66D},   {0x6D4, 0x6D4},   {0x700, 0x70D},   {0x7F6, 0x7F8},   {0x7FA, 0x7FA},
      {0x964, 0x965},   {0xE3F, 0xE3F},   {0xE4F, 0xE4F},   {0x1FBD, 0x1FBD}, {0x2016, 0x2017}, {0x2018, 0x2023},
      {0x2030, 0x2038}, {0x2039, 0x203B}, {0x203E, 0x2042}, {0x2044, 0x2044}, {0x207A, 0x207E}, {0x208A, 0x208E},
      {0x20A4, 0x20A4}, {0x2100, 0x214F}, {0x2153, 0x215E}, {0x2190, 0x2BFF}, {0x3001, 0x3002}, {0x3012, 0x3012},
      {0x30FB, 0x30FB}, {0xFF01, 0xFF0F}, {0xFF1A, 0xFF20}, {0xFF3B, 0xFF40}, {0xFF5B, 0xFF65}, {0xFFE0, 0xFFE1},
      {0xFFE5, 0xFFE6}, {0x2070, 0x2079}, {0x2080, 0x2089}, {0x80, 0x80}};
  return within(c, kSymbols);
}

bool is_apostrophe(char32_t c) {
  return c == U'\'' || c == 0x92 || c == 0x2019;
}
bool is_any_apostrophe(char32_t c) {
  return is_apostrophe(c) || c == 0x91 || c == 0x2018 || c == 0x201B || c == U'`';
}
bool is_hyphen(char32_t c) {
  return c == U'-' || c == U'_' || c == 0x58A || c == 0x2010 || c == 0x2011;
}
bool is_space(char32_t c) {
  return c == U' ' || c == U'\t' || c == 0xA0 || (c >= 0x2000 && c <= 0x200A) || c == 0x3000;
}
bool is_sentence_internal(char32_t c) {
  return in(c, U",;:\u3001");
}

size_t run_of(const Line& t, size_t at, std::u32string_view set) {
  return while_is(t, at, [&](char32_t c) { return in(c, set); });
}

size_t word(const Line& t, size_t at) {
  return while_is(t, at, is_word_character);
}

size_t clitic(const Line& t, size_t at) {
  if (!is_apostrophe(t[at])) return 0;
  for (const std::string_view w : {"re", "ve", "ll"})
    if (t.has(at + 1, w)) return 3;
  return in(lower(t[at + 1]), U"msd") ? 2 : 0;
}

size_t negation(const Line& t, size_t at) {
  return lower(t[at]) == U'n' && is_any_apostrophe(t[at + 1]) && lower(t[at + 2]) == U't' ? 3 : 0;
}

namespace {

/// Words that begin with an apostrophe.
size_t elided(const Line& t, size_t at) {
  if (!is_apostrophe(t[at])) return 0;
  size_t best = longest_of(t, at + 1, std::array<std::string_view, 4>{"em", "til", "till", "cause"});
  if (lower(t[at + 1]) == U'n') best = std::max<size_t>(best, is_apostrophe(t[at + 2]) ? 2 : 1);
  if (t[at + 1] >= U'2' && t[at + 1] <= U'9' && t[at + 2] == U'0' && lower(t[at + 3]) == U's') best = 3;
  return best > 0 ? best + 1 : 0;
}

/// Words that end with one, and names with one inside: O'Brien, d'Artagnan, Hawai'i.
size_t with_inner_apostrophe(const Line& t, size_t at) {
  size_t best = 0;
  for (const std::string_view w : {"dunkin", "somethin", "ol"})
    if (t.has(at, w) && is_apostrophe(t[at + w.size()])) best = std::max(best, w.size() + 1);
  if (in(lower(t[at]), U"ldj") && is_apostrophe(t[at + 1])) best = std::max<size_t>(best, 2);
  const bool may_lead = (t[at] >= U'A' && t[at] <= U'Z' && t[at] != U'I' && t[at] != U'Y') || t[at] == U'n';
  const auto letters = [&](size_t from) { return while_is(t, from, unicode::is_letter); };
  if (may_lead && is_any_apostrophe(t[at + 1]))
    if (const size_t n = letters(at + 2); n >= 2) best = std::max(best, n + 2);
  const size_t head = letters(at);
  if (head >= 2 && in(lower(t[at + head - 1]), U"aeiouy") && is_any_apostrophe(t[at + head])) {
    const char32_t after = t[at + head + 1];
    if (in(after, U"aeiou") || (after >= U'A' && after <= U'Z'))
      best = std::max(best, head + 1 + letters(at + head + 1));
  }
  return best;
}

}  // namespace

size_t apostrophe_word(const Line& t, size_t at) {
  static constexpr std::array<std::string_view, 9> kWhole = {"cont'd", "nor'easter", "c'mon", "e'er",   "s'mores",
                                                             "ev'ry",  "li'l",       "nat'l", "cont'd."};
  return std::max({elided(t, at), with_inner_apostrophe(t, at), longest_of(t, at, kWhole)});
}

size_t assimilation(const Line& t, size_t at, size_t& first) {
  struct Pair {
    std::string_view whole;
    size_t first;
  };
  static constexpr std::array<Pair, 8> kPairs = {Pair{"cannot", 3}, {"gonna", 3}, {"gotta", 3}, {"lemme", 3},
                                                 {"gimme", 3},      {"wanna", 3}, {"'tis", 2},  {"'twas", 2}};
  for (const Pair& p : kPairs)
    if (t.has(at, p.whole)) {
      first = p.first;
      return p.whole.size();
    }
  return 0;
}

size_t markup(const Line& t, size_t at) {
  if (t[at] != U'<') return 0;
  const bool declares = t[at + 1] == U'!' || t[at + 1] == U'?';
  size_t n = t[at + 1] == U'/' || declares ? 2 : 1;
  if (!is_ascii_letter(t[at + n]) && !(declares && t[at + n] == U'-')) return 0;
  if (!declares) {
    n += while_is(t, at + n, [](char32_t c) { return is_ascii_word(c) || in(c, U"_:.-"); });
    if (t[at + n] != U'>' && t[at + n] != U'/' && !is_space(t[at + n])) return 0;
    if (is_space(t[at + n]) && !is_ascii_letter(t[at + n + 1]) && !in(t[at + n + 1], U"/>")) return 0;
  }
  for (; t[at + n] != U'>'; ++n)
    if (t[at + n] == U'\n' || t[at + n] == U'\r') return 0;
  return n + 1;
}

size_t entity(const Line& t, size_t at) {
  if (t[at] != U'&') return 0;
  if (t[at + 1] == U'#') {
    const size_t digits = while_is(t, at + 2, is_ascii_digit);
    return digits > 0 && t[at + 2 + digits] == U';' ? digits + 3 : 0;
  }
  static constexpr std::array<std::string_view, 9> kKnown = {"&ht;", "&tl;", "&ur;",  "&lr;", "&qc;",
                                                             "&ql;", "&qr;", "&odq;", "&cdq;"};
  return longest_of(t, at, kKnown);
}

namespace {

constexpr std::u32string_view kUrlEnd = U" \t\n\f\r\"<>|()", kHostEnd = U" \t\n\f\r\"<>|.!?(){},",
                              kNoUrlTail = U" \t\n\f\r\"<>|.!?(){},-";

/// A run of characters outside `kUrlEnd`, cut back so that it ends well; at least `least`.
size_t url_tail(const Line& t, size_t at, size_t least) {
  size_t n = while_is(t, at, [](char32_t c) { return !in(c, kUrlEnd); });
  while (n > 0 && in(t[at + n - 1], kNoUrlTail)) --n;
  return n >= least ? n : 0;
}

size_t with_path(const Line& t, size_t at, size_t host) {
  if (host == 0 || t[at + host] != U'/') return host;
  const size_t path = url_tail(t, at + host + 1, 2);
  return path > 0 ? host + 1 + path : host;
}

/// Labels that end with dots, and a last one that `is_last` accepts.
template <class LabelTest, class Last>
size_t host(const Line& t, size_t at, LabelTest&& may_be_in_label, Last&& last) {
  size_t best = 0;
  for (size_t n = 0;;) {
    const size_t label = while_is(t, at + n, may_be_in_label);
    if (label == 0 || t[at + n + label] != U'.') return best;
    n += label + 1;
    if (const size_t end = last(at + n); end > 0) best = n + end;
  }
}

size_t web_host(const Line& t, size_t at) {
  size_t best = 0;
  if (t.has(at, "www.")) {
    const auto top_level = [&](size_t from) {
      const size_t letters = while_is(t, from, is_ascii_letter);
      return letters >= 2 ? std::min<size_t>(letters, 4) : 0;
    };
    const size_t rest = host(
        t, at + 4, [](char32_t c) { return !in(c, kHostEnd); }, top_level);
    if (rest > 0) best = rest + 4;
  }
  const auto plain = [](char32_t c) { return !(c >= U',' && c <= U'_') && !in(c, U" \t\n\f\r\"`'|!(){}$"); };
  const auto known = [&](size_t from) {
    return longest_of(t, from, std::array<std::string_view, 4>{"com", "net", "org", "edu"});
  };
  return with_path(t, at, std::max(best, host(t, at, plain, known)));
}

size_t email(const Line& t, size_t at) {
  const size_t open = t[at] == U'<' ? 1 : t.has(at, "&lt;") ? 4 : 0;
  if (!is_ascii_word(t[at + open])) return 0;
  const auto may = [](char32_t c) { return !in(c, U" \t\n\f\r\"<>|(){}\u00A0"); };
  const size_t run = while_is(t, at + open, may);
  size_t best = 0;
  for (size_t sign = 1; sign < run; ++sign) {  // any @ may divide name and host
    if (t[at + open + sign] != U'@') continue;
    size_t n = sign;
    do {
      const size_t label = while_is(t, at + open + n + 1, [&](char32_t c) { return c != U'.' && may(c); });
      if (label == 0) break;
      n += label + 1;
    } while (t[at + open + n] == U'.');
    if (n > sign) best = std::max(best, open + n);
  }
  if (best == 0) return 0;
  return best + (t[at + best] == U'>' ? 1 : t.has(at + best, "&gt;") ? 4 : 0);
}

}  // namespace

size_t address(const Line& t, size_t at) {
  size_t url = 0;
  for (const std::string_view scheme : {"http://", "https://"})
    if (t.has(at, scheme))
      if (const size_t n = url_tail(t, at + scheme.size(), 2); n > 0) url = n + scheme.size();
  return std::max({url, web_host(t, at), email(t, at)});
}

size_t run_on(const Line& t, size_t at) {
  const auto part = [&](size_t from) {
    const size_t letters = word(t, from);
    return letters > 0
               ? letters + while_is(t, from + letters, [](char32_t c) { return is_word_character(c) || is_digit(c); })
               : 0;
  };
  size_t n = part(at);
  if (n == 0) return 0;
  const size_t head = n;
  while (in(t[at + n], U".?!")) {
    const size_t next = part(at + n + 1);
    if (next == 0) break;
    n += next + 1;
  }
  return n > head ? n : 0;
}

size_t file_name(const Line& t, size_t at) {
  static constexpr std::array<std::string_view, 36> kEndings = {
      "bat", "bmp", "c",    "class", "cgi",  "cpp",  "dll", "doc", "docx", "exe", "gif", "gz",
      "h",   "htm", "html", "jar",   "java", "jpeg", "jpg", "mov", "mp3",  "pdf", "php", "pl",
      "png", "ppt", "ps",   "py",    "sql",  "tar",  "txt", "wav", "x",    "xml", "zip", "jpeg"};
  size_t best = 0;
  for (size_t n = 0;;) {
    const size_t part = while_is(t, at + n, is_alphanumeric);
    if (part == 0) return best;
    n += part;
    if (t[at + n] != U'.') return best;
    ++n;
    for (const std::string_view ending : kEndings) {
      const char32_t after = t[at + n + ending.size()];
      if (t.has(at + n, ending) && (is_space(after) || in(after, U"\n.?!,"))) best = std::max(best, n + ending.size());
    }
  }
}

namespace {

/// :-) and its kin.
size_t western_emoticon(const Line& t, size_t at) {
  size_t n = in(t[at], U"<>") ? 1 : 0;
  if (!in(t[at + n], U":;=")) return 0;
  ++n;
  constexpr std::u32string_view kMouths = U"()DPdpO\\{@|[]";
  if (in(t[at + n], U"-o*'") && in(t[at + n + 1], kMouths)) return n + 2;
  return in(t[at + n], kMouths) ? n + 1 : 0;
}

/// ^_^ and its kin, with or without brackets around.
size_t eastern_emoticon(const Line& t, size_t at) {
  const auto eye = [](char32_t c) { return in(lower(c), U"^x=~<>'"); };
  const auto wide_eye = [&](char32_t c) { return eye(c) || c == U'-'; };
  if (wide_eye(t[at]) && t[at + 1] == U'_' && wide_eye(t[at + 2])) return 3;
  if (t[at] != U'(' || !wide_eye(t[at + 1])) return 0;
  if (wide_eye(t[at + 2]) && t[at + 3] == U')') return 4;
  if (in(t[at + 2], U"_.") && wide_eye(t[at + 3]) && t[at + 4] == U')') return 5;
  return eye(t[at + 1]) && t[at + 2] == U'-' && eye(t[at + 3]) && t[at + 4] == U')' ? 5 : 0;
}

}  // namespace

size_t emoticon(const Line& t, size_t at, size_t& seen) {
  const size_t west = western_emoticon(t, at), east = eastern_emoticon(t, at);
  seen = 0;
  if (west > 0 && !is_ascii_word(t[at + west])) seen = west + 1;
  if (east >= seen) seen = east;
  return seen == east ? east : west;
}

size_t handle(const Line& t, size_t at) {
  if (t[at] == U'@' && (is_ascii_letter(t[at + 1]) || t[at + 1] == U'_'))
    return 1 + while_is(t, at + 1, [](char32_t c) { return is_ascii_word(c) || c == U'_'; });
  if (t[at] != U'#') return 0;
  const size_t n = word(t, at + 1);
  return n > 0 ? n + 1 : 0;
}

namespace {

size_t plain_number(const Line& t, size_t at) {
  size_t n = while_is(t, at, is_digit);
  while (in(t[at + n], U".:,\u00AD\u066B\u066C") && is_digit(t[at + n + 1])) n += 1 + while_is(t, at + n + 1, is_digit);
  return n;
}

size_t digits_between(const Line& t, size_t at, size_t least, size_t most) {
  const size_t n = std::min(while_is(t, at, is_digit), most);
  return n >= least ? n : 0;
}

}  // namespace

size_t number(const Line& t, size_t at) {
  const size_t sign = t[at] == U'-' || t[at] == U'+' ? 1 : 0;
  const size_t n = plain_number(t, at + sign);
  return n > 0 ? n + sign : 0;
}

size_t date(const Line& t, size_t at) {
  size_t n = 0;
  for (int part = 0; part < 2; ++part) {
    const size_t digits = digits_between(t, at + n, 1, 2);
    if (digits == 0 || !in(t[at + n + digits], U"-/")) return 0;
    n += digits + 1;
  }
  const size_t year = digits_between(t, at + n, 2, 4);
  return year > 0 ? n + year : 0;
}

size_t fraction(const Line& t, size_t at) {
  const auto simple = [&](size_t from) -> size_t {
    const size_t above = digits_between(t, from, 1, 4);
    if (above == 0) return 0;
    size_t n = above + (t[from + above] == U'\\' && t[from + above + 1] == U'/' ? 1 : 0);
    if (t[from + n] != U'/' && t[from + n] != 0x2044) return 0;
    const size_t below = digits_between(t, from + n + 1, 1, 4);
    return below > 0 ? n + 1 + below : 0;
  };
  const size_t whole = digits_between(t, at, 1, 4);
  if (whole > 0 && in(t[at + whole], U"- \u00A0"))
    if (const size_t n = simple(at + whole + 1); n > 0) return whole + 1 + n;
  return simple(at);
}

namespace {

/// The longest way to read the last groups of a telephone number: 3 to 4 digits, maybe a separator, 3 to 5 digits.
size_t last_groups(const Line& t, size_t at) {
  size_t best = 0;
  for (size_t first = 3; first <= 4; ++first) {
    if (digits_between(t, at, first, first) != first) break;
    const size_t gap = in(t[at + first], U"- \u00A0") ? 1 : 0;
    if (const size_t n = digits_between(t, at + first + gap, 3, 5); n > 0) best = std::max(best, first + gap + n);
  }
  return best;
}

/// 2 to 4 digits and a separator of `set`; 0 without.
size_t group(const Line& t, size_t at, std::u32string_view set) {
  const size_t n = digits_between(t, at, 2, 4);
  return n > 0 && in(t[at + n], set) ? n + 1 : 0;
}

}  // namespace

size_t telephone(const Line& t, size_t at) {
  if (t[at] == U'(') {
    const size_t area = digits_between(t, at + 1, 2, 3);
    if (area == 0 || t[at + 1 + area] != U')') return 0;
    const size_t head = area + 2 + (in(t[at + area + 2], U" \u00A0") ? 1 : 0);
    const size_t rest = last_groups(t, at + head);
    return rest > 0 ? head + rest : 0;
  }
  const size_t plus = t[at] == U'+' ? (t[at + 1] == U'+' ? 2 : 1) : 0;
  size_t best = 0;
  const size_t first = group(t, at + plus, U"- \u00A0");
  if (first > 0) {
    if (const size_t rest = last_groups(t, at + plus + first); rest > 0) best = plus + first + rest;
    if (const size_t second = group(t, at + plus + first, U"- \u00A0"); second > 0)
      if (const size_t rest = last_groups(t, at + plus + first + second); rest > 0)
        best = std::max(best, plus + first + second + rest);
  }
  size_t n = plus;
  for (int groups = 0; groups < 4; ++groups) {  // 2-4.2-4.3-4.3-5, the first group optional
    const size_t digits = digits_between(t, at + n, 2, 5);
    if (digits == 0) break;
    n += digits;
    if (groups >= 2 && digits >= 3) best = std::max(best, n);
    if (t[at + n] != U'.') break;
    ++n;
  }
  return best;
}

size_t superscript(const Line& t, size_t at) {
  const size_t sign = in(t[at], U"\u207A\u207B\u208A\u208B") ? 1 : 0;
  const size_t up = run_of(t, at + sign, U"\u2070\u00B9\u00B2\u00B3\u2074\u2075\u2076\u2077\u2078\u2079");
  const size_t down = run_of(t, at + sign, U"\u2080\u2081\u2082\u2083\u2084\u2085\u2086\u2087\u2088\u2089");
  return up + down > 0 ? sign + up + down : 0;
}

size_t currency(const Line& t, size_t at) {
  if (t[at] == U'#') return 1;
  const size_t capitals = while_is(t, at, [](char32_t c) { return c >= U'A' && c <= U'Z'; });
  return t[at + capitals] == U'$' ? capitals + 1 : 0;
}

namespace {

/// alnum+ and up to two -letters.
size_t slash_part(const Line& t, size_t at) {
  size_t n = while_is(t, at, is_ascii_word);
  if (n == 0) return 0;
  for (int i = 0; i < 2; ++i) {
    const size_t tail = t[at + n] == U'-' ? while_is(t, at + n + 1, is_ascii_letter) : 0;
    if (tail == 0) break;
    n += 1 + tail;
  }
  return n;
}

}  // namespace

size_t slashed(const Line& t, size_t at) {
  size_t n = slash_part(t, at), parts = 0;
  if (n == 0) return 0;
  for (; parts < 2; ++parts) {
    const size_t slash = t[at + n] == U'/' ? 1 : t[at + n] == U'\\' && t[at + n + 1] == U'/' ? 2 : 0;
    const size_t part = slash > 0 ? slash_part(t, at + n + slash) : 0;
    if (part == 0) break;
    n += slash + part;
  }
  return parts > 0 ? n : 0;
}

size_t dotted_compound(const Line& t, size_t at) {
  if (!is_ascii_word(t[at])) return 0;
  const size_t head = while_is(t, at, [](char32_t c) { return is_ascii_word(c) || in(c, U".,\u00AD"); });
  size_t n = head;
  while (t[at + n] == U'-') {
    const size_t plain = while_is(t, at + n + 1, [](char32_t c) { return is_ascii_word(c) || c == 0xAD; });
    const size_t dotted = acronym(t, at + n + 1);
    const size_t tail = std::max(plain, dotted > 0 && t[at + n + 1 + dotted] == U'.' ? dotted + 1 : 0);
    if (tail == 0) break;
    n += 1 + tail;
  }
  return n > head ? n : 0;
}

size_t compound(const Line& t, size_t at) {
  const auto part = [&](size_t from) -> size_t {
    const bool elision = in(lower(t[from]), U"dol") && is_any_apostrophe(t[from + 1]) && is_alphanumeric(t[from + 2]) &&
                         is_alphanumeric(t[from + 3]);
    const size_t head = elision ? 3 : 0, rest = while_is(t, from + head, is_alphanumeric);
    return rest > 0 ? head + rest : 0;
  };
  size_t n = part(at);
  if (n == 0) return 0;
  while (is_hyphen(t[at + n])) {
    const size_t tail = part(at + n + 1);
    if (tail == 0) break;
    n += 1 + tail;
  }
  return n;
}

size_t ampersand_word(const Line& t, size_t at) {
  const auto capitals = [&](size_t from) {
    return while_is(t, from, [](char32_t c) { return c >= U'A' && c <= U'Z'; });
  };
  size_t n = capitals(at);
  if (n == 0) return 0;
  const size_t head = n;
  for (;;) {
    const size_t sign = t.has(at + n, "&amp;") ? 5 : in(t[at + n], U"+&") ? 1 : 0;
    const size_t tail = sign > 0 ? capitals(at + n + sign) : 0;
    if (tail == 0) break;
    n += sign + tail;
  }
  return n > head ? n : 0;
}

size_t special(const Line& t, size_t at) {
  static constexpr std::array<std::string_view, 13> kSpecial = {"-rrb-", "-lrb-",       "-rcb-",   "-lcb-", "-rsb-",
                                                                "-lsb-", "c.d.s",       "pro-",    "anti-", "s&p-500",
                                                                "s&ls",  "s&amp;p-500", "s&amp;ls"};
  static constexpr std::array<std::string_view, 3> kLanguages = {"c++", "c#", "f#"};
  size_t best = std::max(longest_of(t, at, kSpecial), longest_of(t, at, kLanguages));
  if (t.has(at, "cap") && is_apostrophe(t[at + 3]) && lower(t[at + 4]) == U'n') best = std::max<size_t>(best, 5);
  if (lower(t[at]) == U'c' && is_apostrophe(t[at + 1]) && t.has(at + 2, "est")) best = std::max<size_t>(best, 5);
  return best;
}

size_t abbreviation(const Line& t, size_t at, bool dotless) {
  size_t best = std::max(is_ascii_letter(t[at]) ? size_t{1} : 0, acronym(t, at));
  const auto take = [&](const auto& words, auto&& may) {
    for (const std::string_view w : words)
      if (w.size() > best && t.has(at, w) && t[at + w.size()] == U'.' && may(at + w.size() + 1)) best = w.size();
  };
  if (!dotless) {
    if (t[at + best] != U'.') best = 0;
    take(kTitles, [](size_t) { return true; });
    take(kDotted, [](size_t) { return true; });
    take(kCapital, [&](size_t) { return t[at] >= U'A' && t[at] <= U'Z'; });
    take(kNumbered, [&](size_t after) { return is_digit(t[after + (is_space(t[after]) ? 1 : 0)]); });
  }
  return best > 0 && !dotless ? best + 1 : best;
}

size_t end_of_sentence_abbreviation(const Line& t, size_t at) {
  const bool capital = t[at] >= U'A' && t[at] <= U'Z';
  const size_t n = std::max(longest_of(t, at, kDotted), capital ? longest_of(t, at, kCapital) : 0);
  return n > 0 && t[at + n] == U'.' ? n + 1 : 0;
}

size_t dots(const Line& t, size_t at) {
  if (t[at] == 0x85 || t[at] == 0x2026) return 1;
  if (t[at] != U'.') return 0;
  const size_t run = std::min<size_t>(run_of(t, at, U"."), 5);
  size_t spaced = 1, pairs = 0;
  while (pairs < 4 && in(t[at + spaced], U" \u00A0") && t[at + spaced + 1] == U'.') spaced += 2, ++pairs;
  return std::max(run >= 3 ? run : 0, pairs >= 2 ? spaced : 0);
}

}  // namespace sensorium::ptb
