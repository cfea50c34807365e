// Ids, truncation, padding, pairs and decoding equal those of `transformers` and `tokenizers`
// (tests/goldens/make/text_tokenizers_small.py), before and after our own save.

#include <doctest/doctest.h>

#include "sensorium/base/json.h"
#include "sensorium/text/tokenizer.h"
#include "tests/support/test_support.h"
#include "tests/text/golden_lines.h"

using namespace sensorium;

namespace {

fs::path folder() {
  return test::goldens() / "tokenizers";
}

/// Number of texts whose ids differ from the reference.
size_t differing(const Tokenizer& tokenizer, const std::string& name) {
  const auto texts = test::golden_texts();
  const auto expected = test::golden_lines(name + ".jsonl");
  REQUIRE(texts.size() > 1000);
  REQUIRE(texts.size() == expected.size());
  size_t bad = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    const bool equal = tokenizer.encode(texts[i]) == expected[i].get<std::vector<int32_t>>();
    if (!equal && bad++ < 5) MESSAGE(name << ": other ids for " << Json(texts[i]).dump());
  }
  return bad;
}

std::vector<int64_t> flat(const Json& rows) {
  std::vector<int64_t> all;
  for (const Json& row : rows)
    for (const Json& v : row) all.push_back(v);
  return all;
}

}  // namespace

TEST_CASE("ids equal the reference, also after save and load") {
  for (const std::string name : {"clip_1000", "wordpiece_1000", "gpt2_bpe_1000"}) {
    CAPTURE(name);
    const auto tokenizer = load_tokenizer(folder() / name);
    CHECK(differing(*tokenizer, name) == 0);
    test::ScratchFolder scratch;
    tokenizer->save(scratch.path());
    const auto again = load_tokenizer(scratch.path());
    CHECK(again->kind() == tokenizer->kind());
    CHECK(differing(*again, name) == 0);
    fs::remove(scratch / "tokenizer.json");  // the plain vocabulary files say the same
    CHECK(differing(*load_tokenizer(scratch.path()), name) == 0);
  }
}

TEST_CASE("CLIP cuts and pads as transformers") {
  const auto tokenizer = load_tokenizer(folder() / "clip_1000");
  const Json golden = read_json(folder() / "pairs.json");
  const auto all = test::golden_texts();
  std::vector<std::string> texts;
  for (const Json& i : golden["single"]) texts.push_back(all[i.get<size_t>()]);
  const TokenBatch batch = tokenizer->encode_batch(texts, {.max_length = 16, .padding = Padding::max_length});
  CHECK(batch.batch == 40);
  CHECK(batch.length == 16);
  CHECK(batch.input_ids == flat(golden["clip_16"][0]));
  CHECK(batch.attention_mask == flat(golden["clip_16"][1]));
}

TEST_CASE("BERT cuts pairs by each strategy as transformers") {
  const auto tokenizer = load_tokenizer(folder() / "wordpiece_1000");
  const Json golden = read_json(folder() / "pairs.json");
  const auto texts = test::golden_texts();
  const std::pair<const char*, Truncation> strategies[] = {{"longest_first", Truncation::longest_first},
                                                           {"only_first", Truncation::only_first},
                                                           {"only_second", Truncation::only_second}};
  for (const auto& [name, strategy] : strategies) {
    for (size_t k = 0; k < golden["pairs"].size(); ++k) {
      CAPTURE(name);
      CAPTURE(k);
      const size_t i = golden["pairs"][k][0], j = golden["pairs"][k][1];
      const std::pair<std::string, std::string> pair{texts[i], texts[j]};
      const EncodeOptions options{.max_length = 24, .padding = Padding::max_length, .truncation = strategy};
      const Json& expected = golden[name][k];
      if (expected.is_null()) {
        CHECK_THROWS_AS(tokenizer->encode_pairs({&pair, 1}, options), InputError);
        continue;
      }
      const TokenBatch batch = tokenizer->encode_pairs({&pair, 1}, options);
      CHECK(batch.input_ids == expected[0].get<std::vector<int64_t>>());
      CHECK(batch.attention_mask == expected[1].get<std::vector<int64_t>>());
      CHECK(batch.token_type_ids == expected[2].get<std::vector<int64_t>>());
    }
  }
}

TEST_CASE("decoding equals the reference") {
  const Json golden = read_json(folder() / "pairs.json");
  const auto texts = test::golden_texts();
  const std::pair<const char*, const char*> kinds[] = {{"clip_1000", "clip_decoded"},
                                                       {"wordpiece_1000", "wordpiece_decoded"}};
  for (const auto& [name, field] : kinds) {
    const auto tokenizer = load_tokenizer(folder() / name);
    for (size_t k = 0; k < golden["single"].size(); ++k)
      CHECK(tokenizer->decode(tokenizer->encode(texts[golden["single"][k].get<size_t>()])) == golden[field][k]);
  }
  const auto gpt2 = load_tokenizer(folder() / "gpt2_bpe_1000");  // reversible: every text comes back
  for (const auto& text : texts) CHECK(gpt2->decode(gpt2->encode(text), false) == text);
}

TEST_CASE("added tokens that are normalized are found in normalised text, as tokenizers finds them") {
  struct Case {
    const char *name, *token, *text;
    std::vector<int32_t> ids;
  };
  const Case cases[] = {{"clip_1000", "<|Foo|>", "a <|FOO|> b", {320, 1000, 321}},
                        {"clip_1000", "<|Foo|>", "a<|foo|>b", {320, 1000, 321}},
                        {"gpt2_bpe_1000", "<|Foo|>", "a <|Foo|> b", {65, 221, 1000, 260}},
                        {"gpt2_bpe_1000", "<|Foo|>", "a <|foo|> b", {65, 221, 28, 92, 325, 79, 92, 30, 260}},
                        {"wordpiece_1000", "[Café]", "a [CAFE] b", {16, 1000, 17}},
                        {"wordpiece_1000", "[Café]", "a[café]b", {16, 1000, 17}}};
  for (const Case& c : cases) {
    CAPTURE(c.name);
    CAPTURE(c.text);
    Json file = read_json(folder() / c.name / "tokenizer.json");
    file["added_tokens"].push_back({{"id", 1000}, {"content", c.token}, {"normalized", true}, {"special", false}});
    test::ScratchFolder scratch;
    write_file(scratch / "tokenizer.json", file.dump());
    CHECK(load_tokenizer(scratch.path())->encode(c.text, false) == c.ids);
  }
}
