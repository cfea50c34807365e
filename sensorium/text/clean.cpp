#include "sensorium/text/clean.h"

#include <algorithm>

#include "sensorium/base/options.h"
#include "sensorium/text/characters.h"
#include "sensorium/text/html.h"

namespace sensorium {

namespace {

constexpr size_t kLongestSegment = 1'000'000;  // ftfy's max_decode_length
constexpr int kMostPasses = 1000;              // of &amp;amp;amp;... each takes off one: no text may take for ever

bool is_ascii(std::u32string_view text) {
  return std::all_of(text.begin(), text.end(), [](char32_t c) { return c < 0x80; });
}

/// pass(pass(...(text))), until it changes nothing more.
template <class Pass>
std::u32string until_settled(std::u32string text, const Pass& pass) {
  for (int i = 0; i < kMostPasses; ++i) {
    std::u32string after = pass(text);
    if (after == text) break;
    text = std::move(after);
  }
  return text;
}

std::u32string fix_once(std::u32string text, bool unescape) {
  if (unescape) text = html_unescape_strict(text);
  if (!is_ascii(text)) {  // these change no ASCII
    text = fix_encoding(text);
    text = characters::fix_c1_controls(text);
    text = characters::split_ligatures(text);
    text = characters::standard_widths(text);
    text = characters::uncurl_quotes(text);
  }
  text = characters::line_feeds(text);
  text = characters::remove_terminal_escapes(text);
  text = characters::remove_controls(text);
  return is_ascii(text) ? text : unicode::nfc(text);
}

std::u32string normalized(const std::u32string& text, const std::string& form) {
  if (form == "none" || is_ascii(text)) return text;
  if (form == "nfc") return unicode::nfc(text);
  if (form == "nfd") return unicode::nfd(text);
  if (form == "nfkc") return unicode::nfkc(text);
  if (form == "nfkd") return unicode::nfkd(text);
  throw UsageError("clean", "expected none, nfc, nfd, nfkc or nfkd as normalization, got {}", form);
}

std::u32string clean_once(std::u32string text, const CleanOptions& options) {
  const bool ascii = is_ascii(text);
  if (options.html) text = html_unescape_strict(text);
  if (options.mojibake && !ascii) text = characters::fix_c1_controls(fix_encoding(text));
  if (options.typography && !ascii) {
    text = characters::split_ligatures(text);
    text = characters::standard_widths(text);
    text = characters::uncurl_quotes(text);
  }
  if (options.control) {
    text = characters::line_feeds(text);
    text = characters::remove_terminal_escapes(text);
    text = characters::remove_controls(text);
  }
  if (options.whitespace) text = single_spaces(text);
  return normalized(text, options.normalization);
}

/// Whether no step can change a text: printable ASCII with single spaces and no '&'.
bool is_plain(std::string_view text) {
  char before = ' ';
  for (char c : text) {
    if (c < ' ' || c == 0x7F || c == '&' || (c == ' ' && before == ' ')) return false;
    before = c;
  }
  return text.empty() || before != ' ';
}

}  // namespace

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

void CleanOptions::describe(OptionSet& o) {
  o.field("mojibake", mojibake, "put right text that was read in a wrong character set");
  o.field("html", html, "HTML character references become characters");
  o.field("typography", typography, "ligatures, full-width letters and curly quotes become plain");
  o.field("control", control, "remove control characters and terminal escapes");
  o.field("whitespace", whitespace, "single spaces, none at either end");
  o.field("normalization", normalization, "Unicode normal form").one_of({"none", "nfc", "nfd", "nfkc", "nfkd"});
}

std::string clean_caption(std::string_view text, const CleanOptions& options) {
  if (is_plain(text)) return std::string(text);
  return unicode::encode(
      until_settled(unicode::decode(text), [&](const std::u32string& t) { return clean_once(t, options); }));
}

std::u32string fix_text(std::u32string_view text) {
  std::u32string out;
  bool unescape = true;  // ftfy takes '<' for a sign of HTML that is meant; from that line on
  while (!text.empty()) {
    const size_t end = std::min({text.find(U'\n'), text.size() - 1, kLongestSegment - 1}) + 1;
    const std::u32string_view segment = text.substr(0, end);
    unescape = unescape && segment.find(U'<') == segment.npos;
    out += until_settled(std::u32string(segment), [&](const std::u32string& t) { return fix_once(t, unescape); });
    text.remove_prefix(end);
  }
  return out;
}

std::u32string clean_text(std::u32string_view text, Cleaning cleaning) {
  if (cleaning == Cleaning::none) return std::u32string(text);
  std::u32string cleaned = html_unescape(html_unescape(fix_text(text)));
  if (cleaning == Cleaning::lower) return unicode::python_lower(single_spaces(cleaned));
  std::u32string kept;
  for (char32_t c : single_spaces(cleaned))
    if (c == '_')
      kept += U' ';
    else if (!unicode::is_ascii_punctuation(c))
      kept += c;
  return single_spaces(unicode::python_lower(kept));
}

}  // namespace sensorium
