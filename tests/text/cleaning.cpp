#include <doctest/doctest.h>

#include "sensorium/text/clean.h"
#include "sensorium/text/html.h"
#include "sensorium/text/unicode.h"

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
