#include <doctest/doctest.h>

#include "sensorium/base/options.h"
#include "sensorium/text/clean.h"
#include "sensorium/text/html.h"
#include "sensorium/text/unicode.h"
#include "tests/text/golden_lines.h"

using namespace sensorium;

namespace {
std::string html(std::string_view text) {
  return unicode::encode(html_unescape(unicode::decode(text)));
}
std::string clean(std::string_view text, Cleaning how = Cleaning::lower) {
  return unicode::encode(clean_text(unicode::decode(text), how));
}
}  // namespace

TEST_CASE("HTML character references as Python's html.unescape") {
  CHECK(html("&amp; &lt;b&gt; &eacute; &#233; &#xe9;") == "& <b> é é é");
  CHECK(html("&notit; &not &ampx &bogus; & &; &# &#x;") == "¬it; ¬ &x &bogus; & &; &# &#x;");
  CHECK(html("&#0;&#xD800;&#1114112;&#99999999999;") == "\uFFFD\uFFFD\uFFFD\uFFFD");
  CHECK(html("&#150;&#x80;") == "–€");  // old pages mean Windows-1252
  CHECK(html("a&#1;b") == "ab");
  CHECK(html("&acE;&CounterClockwiseContourIntegral;") == "\u223E\u0333\u2233");
}

TEST_CASE("OpenAI's cleaning") {
  CHECK(clean("  A\tDog&amp;amp;\n CAT ") == "a dog& cat");
  CHECK(clean("“it’s” ﬁne ＦＵＬＬ　ｗｉｄｔｈ") == "\"it's\" fine full width");
  CHECK(clean("\x1b[31mred\x1b[0m \x01x") == "red x");
  CHECK(clean("e\u0301") == "é");
  CHECK(clean("ΟΔΥΣΣΕΥΣ") == "οδυσσευς");  // final sigma
  CHECK(clean("") == "");
  CHECK(clean("A_Photo, of: (a) DOG!", Cleaning::canonicalize) == "a photo of a dog");
}

TEST_CASE("normal forms and categories") {
  CHECK(unicode::nfc(U"e\u0301\u1100\u1161") == U"\u00E9\uAC00");
  CHECK(unicode::nfd(U"\u1E69") == U"s\u0323\u0307");
  CHECK(unicode::nfc(U"s\u0307\u0323") == U"\u1E69");  // marks are put in order first
  CHECK(unicode::is_letter(U'犬'));
  CHECK(unicode::is_number(U'½'));
  CHECK(unicode::is_space(0x3000));
  CHECK_FALSE(unicode::is_space(0x200B));
}

TEST_CASE("cleaning equals ftfy and open_clip on all strings") {
  const auto texts = test::golden_texts();
  std::vector<Json> expected(texts.size());
  for (const Json& line : test::golden_lines("clean.jsonl")) expected[line["id"].get<size_t>()] = line;
  size_t bad = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto want = [&](const char* key) {
      return expected[i].is_null() ? texts[i] : expected[i][key].get<std::string>();
    };
    const bool equal = unicode::encode(fix_text(unicode::decode(texts[i]))) == want("ftfy") &&
                       clean(texts[i]) == want("lower") &&
                       clean(texts[i], Cleaning::canonicalize) == want("canonicalize");
    if (!equal && bad++ < 5) MESSAGE("other text of " << Json(texts[i]).dump());
  }
  CHECK(bad == 0);
}

TEST_CASE("text in a wrong character set is put right, and text that only looks odd stays") {
  const auto fixed = [](std::u32string_view text) { return fix_encoding(text); };
  CHECK(fixed(U"cafÃ© â€œnaÃ¯veâ€\u009D") == U"café “naïve”");
  CHECK(fixed(U"ÃƒÂ©tÃƒÂ©") == U"été");                                                         // twice
  CHECK(fixed(U"voilÃ  le travail") == U"voilà le travail");                                    // U+00A0 became a space
  CHECK(fixed(U"â€œ like this â€\uFFFD") == U"“ like this \uFFFD");                             // a byte was lost
  CHECK(fixed(U"РџСЂРёРІРµС‚") == U"Привет");                                                   // Windows-1251
  CHECK(fixed(U"a caption with cafÃ© in it — ok 犬") == U"a caption with café in it — ok 犬");  // a part only
  CHECK(fixed(U"\u0093quoted\u0094") == U"“quoted”");
  for (const std::u32string_view text : {U"café", U"ÃO", U"naïve São Paulo", U"犬が走る", U"10 × 20 µm", U""})
    CHECK(fixed(text) == text);
}

TEST_CASE("captions are cleaned by the steps chosen, and once is enough") {
  CHECK(clean_caption("A dog.") == "A dog.");
  const std::string raw = "  cafÃ©\t&amp; \x01“x”  e\u0301&lt;b&gt;\n";
  CHECK(clean_caption(raw) == "café & “x” é<b>");
  CHECK(clean_caption(raw, {.typography = true}) == "café & \"x\" é<b>");
  CHECK(clean_caption(raw, {.mojibake = false}) == "cafÃ© & “x” é<b>");
  CHECK(clean_caption("a&amp;amp;b") == "a&b");
  CHECK(clean_caption("a&amp;b", {.html = false}) == "a&amp;b");
  CHECK(clean_caption(" a  b ", {.whitespace = false}) == " a  b ");
  CHECK(clean_caption("a\x1B[1mb\r\nc", {.whitespace = false}) == "ab\nc");
  CHECK(clean_caption("a\x01", {.control = false}) == "a\x01");
  CHECK(clean_caption("ﬁ²", {.normalization = "nfkc"}) == "fi2");
  CHECK(clean_caption("é", {.normalization = "nfd"}) == "e\u0301");
  CHECK(clean_caption("e\u0301", {.normalization = "none"}) == "e\u0301");
  CHECK(clean_caption("dog \xFF") == "dog \uFFFD");
  CHECK(test::error_of([] { clean_caption("é", {.normalization = "nfx"}); }) ==
        "[clean] expected none, nfc, nfd, nfkc or nfkd as normalization, got nfx");
  for (const std::string& text : test::golden_texts()) {
    const std::string once = clean_caption(text);
    CHECK(clean_caption(once) == once);
  }
}

TEST_CASE("a manifest can record the steps") {
  CleanOptions options{.html = false, .normalization = "nfkc"};
  const OrderedJson record = OptionSet::of(options).to_json();
  CHECK(record.dump() == R"({"mojibake":true,"html":false,"typography":false,"control":true,"whitespace":true,)"
                         R"("normalization":"nfkc"})");
}
