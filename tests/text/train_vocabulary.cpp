#include <doctest/doctest.h>

#include "sensorium/base/json.h"
#include "sensorium/text/prune_pieces.h"
#include "sensorium/text/train_bpe.h"
#include "sensorium/text/train_unigram.h"
#include "tests/support/test_support.h"

using namespace sensorium;

namespace {

WordCounts golden_corpus(void (*count)(std::string_view, WordCounts&)) {
  const std::string content = read_file(test::goldens() / "tokenizers" / "train" / "corpus_2000.txt");
  WordCounts words;
  for (size_t at = 0; at < content.size();) {
    const size_t end = content.find('\n', at);
    count(std::string_view(content).substr(at, end - at), words);
    at = end + 1;
  }
  return words;
}

}  // namespace

TEST_CASE("byte-level merges equal those of tokenizers' BpeTrainer") {
  const WordCounts words = golden_corpus(count_byte_level_words);
  for (const std::string name : {"bytelevel_800", "bytelevel_400_minfreq50", "bytelevel_800_special_minfreq2"}) {
    CAPTURE(name);
    const Json golden = read_json(test::goldens() / "tokenizers" / "train" / (name + ".json"));
    const auto t =
        train_byte_level_bpe(words, {.vocab_size = golden["vocab_size"], .min_frequency = golden["min_frequency"]},
                             golden["special_tokens"]);
    CHECK(t->merges() == golden["merges"].get<std::vector<Merge>>());
    CHECK(t->vocabulary().tokens() == golden["vocab"].get<std::vector<std::string>>());
  }
}

TEST_CASE("the order of counting changes nothing") {
  WordCounts a, b, c;
  for (const char* text : {"dogs and cats", "cats", "a dog", "birds and dogs"}) count_clip_words(text, a);
  for (const char* text : {"birds and dogs", "a dog"}) count_clip_words(text, b);
  for (const char* text : {"cats", "dogs and cats"}) count_clip_words(text, c);
  b.merge(c);
  CHECK(a.sorted() == b.sorted());
  CHECK(train_clip_bpe(a)->merges() == train_clip_bpe(b)->merges());
}

TEST_CASE("CLIP's vocabulary has OpenAI's layout") {
  WordCounts words;
  words.add("low", 5);
  words.add("lower", 2);
  words.add("aaa", 9);
  const auto t = train_clip_bpe(words, {.vocab_size = 517, .min_frequency = 2});
  const auto& tokens = t->vocabulary().tokens();
  CHECK(tokens[0] == "!");
  CHECK(tokens[256] == "!</w>");
  // aaa: (a, a) and (a, a</w>) both count 9, and the smaller right id wins; (l, o) counts 7.
  CHECK(t->merges() == std::vector<Merge>{{"a", "a"}, {"aa", "a</w>"}, {"l", "o"}});
  CHECK(tokens[512] == "aa");
  CHECK(tokens[515] == "<|startoftext|>");
  CHECK(tokens[516] == "<|endoftext|>");
  CHECK(test::error_of([&] { train_clip_bpe(words, {.vocab_size = 100}); }) ==
        "[train tokenizer] expected a vocab_size of at least 514 for CLIP's 512 byte characters and two special "
        "tokens, got 100");
}

TEST_CASE("pairs below min_frequency stay apart") {
  WordCounts words;
  words.add("ab", 3);
  words.add("cd", 2);
  CHECK(train_clip_bpe(words, {.min_frequency = 3})->merges() == std::vector<Merge>{{"a", "b</w>"}});
  CHECK(train_clip_bpe({}, {})->vocab_size() == 514);
}

TEST_CASE("WordPiece learns from Chinese and English captions") {
  WordCounts words;
  for (int i = 0; i < 4; ++i) {
    count_bert_words("一只黑狗 running", {}, words);
    count_bert_words("runner runs", {}, words);
  }
  const auto t = train_wordpiece(words, {.vocab_size = 60, .max_length = 52});
  CHECK(t->encode("一只黑狗", false).size() == 4);
  CHECK(t->decode(t->encode("running 黑狗")) == "running 黑 狗");
  CHECK(t->encode("runs", false).size() == 1);
  CHECK(t->cls_id() == 2);
  CHECK(t->max_length() == 52);
  CHECK(t->vocab_size() <= 60);
  const auto narrow = train_wordpiece(words, {.vocab_size = 60, .alphabet_limit = 5});  // r n u s g stay
  CHECK(narrow->encode("狗", false) == std::vector<int32_t>{narrow->unk_id()});
  CHECK(narrow->encode("run", false)[0] != narrow->unk_id());
}

TEST_CASE("of too many WordPiece tokens, those stay that save most") {
  // "abc" is learnt by way of "ab", which the longest match then never chooses.
  const Vocabulary all({"[UNK]", "a", "d", "##b", "##c", "##d", "ab", "abc", "##dd"}, "test");
  const std::vector<std::pair<std::string, int64_t>> words{{"abc", 9}, {"add", 1}};
  CHECK(prune_pieces(words, all, 6, 9) == all.tokens());
  CHECK(prune_pieces(words, all, 6, 8) ==
        std::vector<std::string>{"[UNK]", "a", "d", "##b", "##c", "##d", "abc", "##dd"});
  CHECK(prune_pieces(words, all, 6, 7) == std::vector<std::string>{"[UNK]", "a", "d", "##b", "##c", "##d", "abc"});
  CHECK(prune_pieces(words, all, 6, 2).size() == 6);  // characters stay
}

TEST_CASE("Unigram learns pieces that T5's tokenizer loads") {
  std::vector<std::string> texts;
  const std::string content = read_file(test::goldens() / "tokenizers" / "train" / "corpus_2000.txt");
  for (size_t at = 0; at < content.size() && texts.size() < 400;) {
    const size_t end = content.find('\n', at);
    texts.push_back(content.substr(at, end - at));
    at = end + 1;
  }
  const auto t = train_unigram(texts, {.vocab_size = 300, .max_length = 64});
  CHECK(t->vocab_size() == 300);
  CHECK(t->pad_id() == 0);
  CHECK(t->eos_id() == 1);
  CHECK(t->unk_id() == 2);
  CHECK(t->max_length() == 64);
  const auto ids = t->encode(texts[0]);
  CHECK(ids.back() == 1);
  CHECK(t->decode(ids) == texts[0]);
  CHECK(train_unigram(texts, {.vocab_size = 300})->model().bytes == t->model().bytes);
  test::ScratchFolder dir;
  t->save(dir.path());
  const auto again = load_tokenizer(dir.path());
  CHECK(again->encode(texts[1]) == t->encode(texts[1]));
  CHECK(again->max_length() == 64);
  CHECK(test::error_of([&] { train_unigram(texts, {.vocab_size = 2}); }) ==
        "[train tokenizer] expected a vocab_size from 8 to 16777216, got 2");
  CHECK(test::error_of([&] { train_unigram(texts, {.normalization = "nfx"}); }) ==
        "[train tokenizer] expected nmt_nfkc, nfkc, nmt_nfkc_cf, nfkc_cf or identity as normalization, got nfx");
  CHECK(test::error_of([&] {
          train_unigram(std::vector<std::string>{}, {});
        }).starts_with("[train tokenizer] expected texts to learn 8192 pieces from, got: "));
}
