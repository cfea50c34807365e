#include <doctest/doctest.h>

#include "sensorium/text/train_bpe.h"
#include "tests/support/test_support.h"

using namespace sensorium;

namespace {
std::string load_error(const test::ScratchFolder& dir) {
  return test::error_of([&] { load_tokenizer(dir.path()); }, dir.path());
}
constexpr const char* kVocabulary = R"({"a":0,"b":1,"ab":2,"<|startoftext|>":3,"<|endoftext|>":4})";
}  // namespace

TEST_CASE("a folder without a tokenizer") {
  test::ScratchFolder dir;
  CHECK(load_error(dir) ==
        "[tokenizer] DIR: expected tokenizer.json, vocab.json with merges.txt, vocab.txt, or one SentencePiece "
        "*.model, got none of them");
  write_file(dir / "vocab.json", kVocabulary);  // merges.txt is missing
  CHECK(load_error(dir) ==
        "[tokenizer] DIR: expected tokenizer.json, vocab.json with merges.txt, vocab.txt, or one SentencePiece "
        "*.model, got none of them");
  CHECK(test::error_of([&] { load_tokenizer(dir / "none"); }, dir.path()) ==
        "[tokenizer] DIR/none: expected tokenizer.json, vocab.json with merges.txt, vocab.txt, or one SentencePiece "
        "*.model, got no such folder");
}

TEST_CASE("broken vocab.json and merges.txt") {
  test::ScratchFolder dir;
  write_file(dir / "merges.txt", "#version: 0.2\na b\n");
  write_file(dir / "vocab.json", "[1]");
  CHECK(load_error(dir) == "[tokenizer] DIR/vocab.json: expected a vocabulary object, got array");
  write_file(dir / "vocab.json", R"({"a":0,"b":0})");
  CHECK(load_error(dir) == "[tokenizer] DIR/vocab.json: expected each id once, got 0 for \"a\" and \"b\"");
  write_file(dir / "vocab.json", R"({"a":-3})");
  CHECK(load_error(dir) == "[tokenizer] DIR/vocab.json: expected ids from 0 to 16777215, got -3 for \"a\"");
  write_file(dir / "vocab.json", R"({"a":99999999999})");
  CHECK(load_error(dir) == "[tokenizer] DIR/vocab.json: expected ids from 0 to 16777215, got 99999999999 for \"a\"");
  write_file(dir / "vocab.json", R"({"a":"x"})");
  CHECK(load_error(dir) == "[config] DIR/vocab.json: expected an integer for \"a\", got \"x\"");
  write_file(dir / "vocab.json", kVocabulary);
  CHECK(load_tokenizer(dir.path())->kind() == "clip");
  write_file(dir / "merges.txt", "#version: 0.2\na b\nab\n");
  CHECK(load_error(dir) == "[tokenizer] DIR/merges.txt: expected two tokens and one space in line 3, got \"ab\"");
  write_file(dir / "merges.txt", "a b\nb a\n");
  CHECK(load_error(dir) ==
        "[tokenizer] DIR/vocab.json: expected the tokens of merge 2 in the vocabulary, got none for \"ba\"");
}

TEST_CASE("broken vocab.txt") {
  test::ScratchFolder dir;
  write_file(dir / "vocab.txt", "[PAD]\ndog\ndog\n");
  CHECK(load_error(dir) == "[tokenizer] DIR/vocab.txt: expected each token once, got \"dog\" as 1 and 2");
  write_file(dir / "vocab.txt", "[PAD]\ndog\n");
  CHECK(load_error(dir) == "[tokenizer] DIR/vocab.txt: expected the unknown token [UNK] in the vocabulary, got none");
}

TEST_CASE("broken tokenizer.json and tokenizer_config.json") {
  test::ScratchFolder dir;
  write_file(dir / "tokenizer.json", R"({"model":{"type":"WordLevel","vocab":{}}})");
  CHECK(load_error(dir) ==
        "[tokenizer] DIR/tokenizer.json: expected a model of type BPE, WordPiece or Unigram, got WordLevel");
  write_file(dir / "tokenizer.json", R"({"model":{"type":"WordPiece"}})");
  CHECK(load_error(dir) == "[config] DIR/tokenizer.json: expected a value for \"vocab\", got none");
  write_file(dir / "tokenizer.json",
             R"({"model":{"type":"WordPiece","vocab":{"[UNK]":0}},"normalizer":{"type":"NFC"}})");
  CHECK(load_error(dir) ==
        "[tokenizer] DIR/tokenizer.json: expected the normalizer BertNormalizer with a WordPiece model, got NFC");
  write_file(dir / "tokenizer.json", R"({"model":{"type":"BPE","vocab":{"a":0},"merges":["a"]}})");
  CHECK(load_error(dir) == "[tokenizer] DIR/tokenizer.json: expected two tokens for merge 1, got \"a\"");
  write_file(dir / "tokenizer.json", R"({"model":{"type":"BPE","vocab":{"a":0},"merges":[]}})");
  CHECK(load_error(dir) ==
        "[tokenizer] DIR/tokenizer.json: expected CLIP's BPE (end_of_word_suffix \"</w>\") or GPT-2's (pre_tokenizer "
        "ByteLevel, no normalizer), got pre_tokenizer none");
  fs::remove(dir / "tokenizer.json");
  write_file(dir / "vocab.txt", "[UNK]\na\n");
  write_file(dir / "tokenizer_config.json", R"({"padding_side":"top"})");
  CHECK(load_error(dir) ==
        "[tokenizer] DIR/tokenizer_config.json: expected \"right\" or \"left\" for padding_side, got \"top\"");
  write_file(dir / "tokenizer_config.json", R"({"do_lower_case":"no"})");
  CHECK(load_error(dir) ==
        "[config] DIR/tokenizer_config.json: expected true or false for \"do_lower_case\", got \"no\"");
  write_file(dir / "tokenizer_config.json", "[]");
  CHECK(load_error(dir) == "[tokenizer] DIR/tokenizer_config.json: expected an object, got array");
}

TEST_CASE("tokenizer_config.json is obeyed") {
  test::ScratchFolder dir;
  write_file(dir / "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\ndog\nDog\n");
  write_file(dir / "tokenizer_config.json",
             R"({"do_lower_case":false,"model_max_length":512,"padding_side":"left","bos_token":"[DEC]"})");
  const auto t = load_tokenizer(dir.path());
  CHECK(t->encode("Dog") == std::vector<int32_t>{2, 5, 3});
  CHECK(t->max_length() == 512);
  CHECK(t->bos_id() == 6);  // not in the vocabulary: the next free id
  CHECK(t->vocab_size() == 7);
  const std::string texts[] = {"dog [DEC]", "dog"};
  CHECK(t->encode_batch(texts).input_ids == std::vector<int64_t>{2, 4, 6, 3, 0, 2, 4, 3});
}

TEST_CASE("an open_clip folder cleans and pads as OpenAI") {
  WordCounts words;
  for (int i = 0; i < 3; ++i) count_clip_words("it's a dog", words);
  const auto trained = train_clip_bpe(words, {.vocab_size = 600});
  test::ScratchFolder dir;
  trained->save(dir.path());
  const std::string texts[] = {"it’s a dog"};
  const auto plain = load_tokenizer(dir.path());
  CHECK(plain->encode(texts[0]) != plain->encode("it's a dog"));
  write_file(dir / "open_clip_config.json", R"({"model_cfg":{"text_cfg":{"context_length":12}}})");
  const auto t = load_tokenizer(dir.path());
  CHECK(t->encode(texts[0]) == plain->encode("it's a dog"));
  const auto batch = t->encode_batch(texts, {.padding = Padding::max_length});
  CHECK(batch.length == 12);
  CHECK(batch.input_ids.back() == 0);
  CHECK(t->encode("<start_of_text>", false) == std::vector<int32_t>{t->bos_id()});
  CHECK(t->decode(std::vector<int32_t>{t->bos_id(), t->eos_id()}, false) == "<start_of_text><end_of_text>");
  test::ScratchFolder again;  // the cleaning survives our own save
  t->save(again.path());
  CHECK(load_tokenizer(again.path())->encode(texts[0]) == t->encode(texts[0]));
}

TEST_CASE("tokens that point outside the vocabulary, and JSON of other types") {
  test::ScratchFolder dir;
  const std::string head = R"({"model":{"type":"WordPiece","vocab":{"[UNK]":0,"[CLS]":1,"[SEP]":2}},)"
                           R"("normalizer":{"type":"BertNormalizer"},)";
  write_file(dir / "tokenizer.json",
             head + R"("post_processor":{"type":"BertProcessing","cls":["[CLS]",9],"sep":["[SEP]",2]}})");
  CHECK(load_error(dir) == "[tokenizer] DIR: expected the tokens around texts to be ids from 0 to 2, got 9");
  write_file(dir / "tokenizer.json", head + R"("added_tokens":[{"id":4294967297,"content":"[X]"}]})");
  CHECK(load_error(dir) ==
        "[tokenizer] DIR/tokenizer.json: expected ids of added tokens from 0 to 16777215, got 4294967297");
  write_file(dir / "tokenizer.json", head + R"("post_processor":{"type":7}})");
  CHECK(load_error(dir).starts_with("[tokenizer] DIR: expected tokenizer files as transformers writes them, got "));
}
