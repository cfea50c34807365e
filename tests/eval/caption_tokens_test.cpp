// Tokens of captions, as Stanford's tokenizer 3.4.1 and NLTK gave them, and figures of texts.

#include "sensorium/eval/ngrams.h"
#include "sensorium/eval/porter_stemmer.h"
#include "sensorium/eval/ptb_tokenizer.h"
#include "sensorium/eval/text_overlap.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

#include <fmt/ranges.h>

using namespace sensorium;

namespace {

std::string tokens(std::string_view line) {
  return fmt::format("{}", fmt::join(treebank_tokens(line), " "));
}

}  // namespace

TEST_CASE("Treebank tokens equal the Java program's") {
  const std::pair<const char*, const char*> cases[] = {
      {"Men's 3/4 cups cost $5.00 & 50 cents", "men 's 3/4 cups cost $ 5.00 & 50 cents"},
      {"AT&T and/or A.B. Smith", "at&t and/or a.b. smith"},
      {"Mr. Smith's gonna can't cannot gimme don't", "mr. smith 's gon na ca n't can not gim me do n't"},
      {"'tis 'twas we're I'll I'd it's dogs' '90s", "'t is 't was we 're i 'll i 'd it 's dogs ' '90s"},
      {"rock'n'roll #1 t-shirt t - shirt.", "rock 'n' roll # 1 t-shirt t - shirt ."},
      {"http://foo.com/bar or a@b.com at 3:30pm on 5/6/2010.",
       "http://foo.com/bar or a@b.com at 3:30 pm on 5/6/2010 ."},
      {"1,000 dollars \xC2\xBD cup (smile) :) :-)", "1,000 dollars 1/2 cup -lrb- smile -rrb- :-rrb- :--rrb-"},
      {"-- --- ... .... . . .", "-- -- ... ... ..."},
      {"\"hi\" ``hi'' 'hi' it's.", "`` hi '' `` hi '' ` hi ' it 's ."},
      {"He said hello.The dog", "he said hello.the dog"},
      {"running*jumping [brackets] {braces} <b>tag</b>",
       "running * jumping -lsb- brackets -rsb- -lcb- braces -rcb- <b> tag </b>"},
      {"o'clock O'Brien y'all ma'am", "o'clock o'brien y' all ma'am"},
      {"it\xE2\x80\x99s \xE2\x80\x9Cquoted\xE2\x80\x9D", "it 's `` quoted ''"},
      {"No. 5 but No. dog", "no. 5 but no . dog"},
      {"(555) 555-1234",
       "-lrb-555-rrb-\xC2\xA0"
       "555-1234"},
      {"", ""},
      {"   ", ""},
  };
  for (const auto& [line, expected] : cases) CHECK(tokens(line) == expected);
}

TEST_CASE("what the COCO evaluation leaves out, and keeps") {
  CHECK(coco_caption_tokens("A man's dog (black) runs, \"fast\"; isn't it?") ==
        "a man 's dog -lrb- black -rrb- runs fast is n't it");
  CHECK(coco_caption_tokens("... - !") == "");
  CHECK(coco_caption_tokens("What?!") == "what ?!");
  CHECK(simple_caption_tokens("  A man's  DOG, well-known! ") == "a mans dog wellknown");
}

TEST_CASE("any bytes give tokens") {
  std::string all;
  for (int i = 255; i >= 0; --i) all += static_cast<char>(i);
  for (size_t n = 0; n < all.size(); ++n) treebank_tokens(std::string_view(all).substr(n));
  CHECK(treebank_tokens(std::string(2000, '.')).size() == 400);
  CHECK(tokens("\xFF\xFE"
               "dog\xC3") == "dog");
}

TEST_CASE("stems equal NLTK's") {
  const std::pair<const char*, const char*> cases[] = {{"caresses", "caress"},
                                                       {"ponies", "poni"},
                                                       {"dies", "die"},
                                                       {"died", "die"},
                                                       {"agreed", "agre"},
                                                       {"motoring", "motor"},
                                                       {"hopping", "hop"},
                                                       {"falling", "fall"},
                                                       {"filing", "file"},
                                                       {"happy", "happi"},
                                                       {"enjoy", "enjoy"},
                                                       {"sky", "sky"},
                                                       {"skies", "sky"},
                                                       {"relational", "relat"},
                                                       {"conditional", "condit"},
                                                       {"formally", "formal"},
                                                       {"hopefully", "hope"},
                                                       {"geology", "geolog"},
                                                       {"adoption", "adopt"},
                                                       {"controlling", "control"},
                                                       {"rate", "rate"},
                                                       {"running", "run"},
                                                       {"skateboarding", "skateboard"},
                                                       {"is", "is"}};
  for (const auto& [word, stem] : cases) CHECK(porter_stem(word) == stem);
}

TEST_CASE("words and subsequences") {
  CHECK(split_spaces("") == std::vector<std::string>{""});
  CHECK(split_spaces("a  b") == std::vector<std::string>{"a", "", "b"});
  CHECK(split_white_space(" a\xC2\xA0"
                          "b\t") == std::vector<std::string>{"a", "b"});
  CHECK(longest_common_subsequence({1, 2, 3, 4}, {2, 4, 3, 5}) == 2);
  CHECK(bleu_words("Hi, 1,000 dogs - well-known.", BleuWords::v13a) ==
        std::vector<std::string>{"Hi", ",", "1,000", "dogs", "-", "well-known", "."});
}

TEST_CASE("a perfect caption scores full, and a set without references is refused") {
  const CaptionSet set{{"a dog runs on grass", "two men ride horses"},
                       {{"a dog runs on grass"}, {"two men ride horses"}}};
  CHECK(bleu(set)[3].corpus == doctest::Approx(1));
  CHECK(rouge_l(set).corpus == doctest::Approx(1));
  CHECK(cider(set).corpus == doctest::Approx(10));
  CHECK(sacre_bleu(set).score == doctest::Approx(100));
  CHECK(chrf(set) == doctest::Approx(100));
  CHECK(test::error_of([] { bleu({{"a"}, {{}}}); }) == "[bleu] expected a reference for candidate 0, got none");
  CHECK(test::error_of([] {
          rouge_l({{}, {}});
        }) == "[rouge-l] expected references for each candidate, at least one candidate, got 0 and 0");
}
