#include <doctest/doctest.h>

#include <thread>

#include "sensorium/text/train_bpe.h"
#include "tests/support/test_support.h"

using namespace sensorium;
using Ids = std::vector<int64_t>;

namespace {

std::unique_ptr<ClipTokenizer> small_clip() {
  WordCounts words;
  for (int i = 0; i < 3; ++i) count_clip_words("a dog and a cat", words);
  return train_clip_bpe(words, {.vocab_size = 600});
}

std::unique_ptr<WordPieceTokenizer> small_bert() {
  WordCounts words;
  for (int i = 0; i < 3; ++i) count_bert_words("a dog and a cat", {}, words);
  return train_wordpiece(words, {.vocab_size = 100});
}

}  // namespace

TEST_CASE("a caption stands between start and end of text") {
  const auto t = small_clip();
  const auto dog = t->token_to_id("dog</w>"), a = t->token_to_id("a</w>");
  CHECK(t->encode("A  DOG") == std::vector<int32_t>{t->bos_id(), a, dog, t->eos_id()});
  CHECK(t->encode("A DOG", false) == std::vector<int32_t>{a, dog});
  CHECK(t->encode("") == std::vector<int32_t>{t->bos_id(), t->eos_id()});
  CHECK(t->decode(t->encode("A  DOG")) == "a dog");
  CHECK(t->max_length() == 77);
  CHECK(t->pad_id() == t->eos_id());
}

TEST_CASE("special tokens spelled in a text are themselves") {
  const auto t = small_clip();
  const auto dog = t->token_to_id("dog</w>");
  CHECK(t->encode("dog<|endoftext|>dog", false) == std::vector<int32_t>{dog, t->eos_id(), dog});
  CHECK(t->decode(std::vector<int32_t>{dog, t->eos_id()}, false) == "dog <|endoftext|>");
}

TEST_CASE("batches: longest, max_length and no padding") {
  const auto t = small_clip();
  const std::string texts[] = {"a dog", "a dog and a cat"};
  const int64_t B = t->bos_id(), E = t->eos_id(), a = t->token_to_id("a</w>"), dog = t->token_to_id("dog</w>"),
                both = t->token_to_id("and</w>"), cat = t->token_to_id("cat</w>");
  const auto longest = t->encode_batch(texts);
  CHECK(longest.length == 7);
  CHECK(longest.input_ids == Ids{B, a, dog, E, E, E, E, B, a, dog, both, a, cat, E});
  CHECK(longest.attention_mask == Ids{1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1});
  CHECK(longest.token_type_ids == Ids(14, 0));
  const auto cut = t->encode_batch(texts, {.max_length = 5, .padding = Padding::max_length});
  CHECK(cut.input_ids == Ids{B, a, dog, E, E, B, a, dog, both, E});  // the end of text stays
  CHECK(t->encode_batch({texts, 1}, {.padding = Padding::none}).length == 4);
  CHECK(t->encode_batch({texts, 0}).batch == 0);
  CHECK(t->encode_batch(texts, {.padding = Padding::max_length}).length == 77);
  CHECK(test::error_of([&] { t->encode_batch(texts, {.padding = Padding::none}); }) ==
        "[encode] expected rows of one length without padding, got 7 and 4 tokens");
  CHECK(test::error_of([&] { t->encode_batch(texts, {.max_length = 1}); }) ==
        "[encode] expected a max_length of at least 2 for the special tokens, got 1");
  CHECK(test::error_of([&] { t->encode_batch(texts, {.max_length = -1}); }) ==
        "[encode] expected a max_length of at least 0, got -1");
  t->set_max_length(0);
  CHECK(test::error_of([&] { t->encode_batch(texts, {.padding = Padding::max_length}); }) ==
        "[encode] expected a max_length to pad to, got none (the tokenizer is unlimited)");
}

TEST_CASE("BERT pairs carry token types") {
  const auto t = small_bert();
  const std::pair<std::string, std::string> pair{"a dog", "a cat"};
  const int64_t cls = t->cls_id(), sep = t->sep_id(), a = t->token_to_id("a"), dog = t->token_to_id("dog"),
                cat = t->token_to_id("cat");
  const auto batch = t->encode_pairs({&pair, 1});
  CHECK(batch.input_ids == Ids{cls, a, dog, sep, a, cat, sep});
  CHECK(batch.token_type_ids == Ids{0, 0, 0, 0, 1, 1, 1});
  CHECK(test::error_of([&] {
          t->encode_pairs({&pair, 1}, {.max_length = 5, .truncation = Truncation::only_second});
        }) == "[encode] expected a second text of more than 2 tokens to cut to the maximal length, got 2");
  CHECK(t->encode_pairs({&pair, 1}, {.max_length = 5, .truncation = Truncation::none}).length == 7);
}

TEST_CASE("a word that the pieces do not cover, or of over 100 characters, is unknown") {
  const auto t = small_bert();
  CHECK(t->encode("a zebra", false) == std::vector<int32_t>{t->token_to_id("a"), t->unk_id()});
  CHECK(t->encode(std::string(101, 'a'), false) == std::vector<int32_t>{t->unk_id()});
  CHECK(t->encode("\xE7\x8A\xAC\xE7\x8C\xAB", false) == std::vector<int32_t>{t->unk_id(), t->unk_id()});  // a word each
}

TEST_CASE("invalid UTF-8 reads as U+FFFD") {
  const auto t = small_clip();
  for (const std::string bad : {"dog \xFF", "dog \xE2\x82", "dog \xC0\x80", "dog \xED\xA0\x80"}) {
    size_t marks = bad == "dog \xED\xA0\x80" ? 3 : bad == "dog \xC0\x80" ? 2 : 1;
    std::string good = "dog ";
    while (marks-- > 0) good += "\xEF\xBF\xBD";
    CHECK(t->encode(bad) == t->encode(good));
  }
}

TEST_CASE("decode refuses ids outside the vocabulary") {
  const auto t = small_clip();
  CHECK(test::error_of([&] { t->decode(std::vector<int32_t>{-1}); }) ==
        fmt::format("[decode] expected token ids from 0 to {}, got -1", t->vocab_size() - 1));
}

TEST_CASE("batches are the same on any number of threads") {
  const auto t = small_clip();
  std::vector<std::string> texts;
  for (int i = 0; i < 2000; ++i) texts.push_back("a dog and " + std::to_string(i) + (i % 7 == 0 ? " cats" : ""));
  const TokenBatch one = t->encode_batch(texts), four = t->encode_batch(texts, {.threads = 4});
  CHECK(one.input_ids == four.input_ids);
  CHECK(one.attention_mask == four.attention_mask);
  CHECK(test::error_of([&] {
          t->encode_batch(texts, {.padding = Padding::none, .threads = 4});
        }).starts_with("[encode] expected rows of one length without padding, got "));
}

TEST_CASE("long words, cached words and threads give the same ids") {
  const auto t = small_clip();
  const Bpe fresh(t->vocabulary(), t->merges(), "</w>", t->unk_id(), "test");
  std::string longest;
  for (int i = 0; i < 5000; ++i) longest += "dogcat"[i * i % 6];
  std::vector<int32_t> known, uncached;
  for (int round = 0; round < 2; ++round)
    for (const std::string& word : {std::string("dogcat"), std::string("andand"), longest}) {
      fresh.encode(word, known);
      fresh.encode_uncached(word, uncached);
    }
  CHECK(known == uncached);
  const auto expected = t->encode("a dog and a catdog");
  bool equal[4] = {};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      equal[i] = true;
      for (int k = 0; k < 200; ++k) {
        t->encode("word" + std::to_string(i * 1000 + k));
        equal[i] &= t->encode("a dog and a catdog") == expected;
      }
    });
  for (auto& thread : threads) thread.join();
  for (const bool e : equal) CHECK(e);
}
