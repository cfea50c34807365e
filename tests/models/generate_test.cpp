// The generator on a decoder whose scores are a plain function of the tokens so far.

#include "sensorium/models/generate.h"
#include "sensorium/base/rng.h"
#include "sensorium/models/logits_processors.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>

using namespace sensorium;

namespace {

constexpr int64_t kVocabulary = 9, kEnd = 2;

/// Scores of the next token after `ids` over source `s`: fixed noise, the end likelier with length.
std::vector<float> scores_after(int64_t source, std::span<const int64_t> ids) {
  uint64_t seed = mix_seed(17, {static_cast<uint64_t>(source)});
  for (const int64_t id : ids) seed = mix_seed(seed, {static_cast<uint64_t>(id)});
  CounterRng rng(seed);
  std::vector<float> scores;
  for (int64_t v = 0; v < kVocabulary; ++v) scores.push_back(static_cast<float>(1.5 * rng.normal()));
  scores[kEnd] += 0.2f * static_cast<float>(ids.size());
  return scores;
}

class NoiseDecoder : public TokenDecoder {
 public:
  explicit NoiseDecoder(int64_t sources) {
    for (int64_t s = 0; s < sources; ++s) rows_.push_back({s, {}});
    for (int64_t s = 0; s < sources; ++s) sources_.push_back(s);
  }
  int64_t vocab_size() const override { return kVocabulary; }
  int64_t max_length() const override { return 12; }
  std::vector<float> feed(std::span<const int64_t> ids, int64_t rows) override {
    REQUIRE(rows == static_cast<int64_t>(rows_.size()));
    REQUIRE(rows % static_cast<int64_t>(sources_.size()) == 0);
    const size_t length = ids.size() / static_cast<size_t>(rows), each = rows_.size() / sources_.size();
    std::vector<float> all;
    for (size_t r = 0; r < rows_.size(); ++r) {
      REQUIRE(rows_[r].first == sources_[r / each]);  // rows stay with their sources
      auto& text = rows_[r].second;
      text.insert(text.end(), ids.begin() + static_cast<std::ptrdiff_t>(r * length),
                  ids.begin() + static_cast<std::ptrdiff_t>((r + 1) * length));
      const std::vector<float> scores = scores_after(rows_[r].first, text);
      all.insert(all.end(), scores.begin(), scores.end());
    }
    return all;
  }
  void select(const std::vector<int64_t>& rows, const std::vector<int64_t>* sources) override {
    std::vector<std::pair<int64_t, std::vector<int64_t>>> chosen;
    for (const int64_t r : rows) chosen.push_back(rows_.at(static_cast<size_t>(r)));
    rows_ = chosen;
    if (sources == nullptr) return;
    std::vector<int64_t> kept;
    for (const int64_t s : *sources) kept.push_back(sources_.at(static_cast<size_t>(s)));
    sources_ = kept;
  }

 private:
  std::vector<std::pair<int64_t, std::vector<int64_t>>> rows_;
  std::vector<int64_t> sources_;
};

std::vector<GeneratedText> write(int64_t sources, const GenerationOptions& options, uint64_t first = 0) {
  NoiseDecoder decoder(sources);
  return generate(decoder, std::vector<std::vector<int64_t>>(static_cast<size_t>(sources), {1, 5}), options, {}, first);
}

GenerationOptions defaults() {
  GenerationOptions o;
  o.max_new_tokens = 4;
  o.end_token_id = kEnd;
  return o;
}

/// The best of all texts of at most `left` new tokens, by the sum of log probabilities over length ^ penalty.
void search_all(std::vector<int64_t> ids, double sum, int64_t left, double penalty, GeneratedText& best) {
  std::vector<float> scores = scores_after(0, ids);
  log_softmax_row(scores);
  for (int64_t v = 0; v < kVocabulary; ++v) {
    std::vector<int64_t> longer = ids;
    longer.push_back(v);
    const double total = sum + static_cast<double>(scores[static_cast<size_t>(v)]);
    if (v != kEnd && left > 1) {
      search_all(longer, total, left - 1, penalty, best);
      continue;
    }
    const double score = total / std::pow(static_cast<double>(longer.size() - 2), penalty);
    if (score > best.score) best = {longer, score};
  }
}

}  // namespace

TEST_CASE("greedy takes the best token until the end token or the limit") {
  const std::vector<GeneratedText> texts = write(6, defaults());
  REQUIRE(texts.size() == 6);
  for (size_t s = 0; s < texts.size(); ++s) {
    std::vector<int64_t> ids{1, 5};
    while (ids.size() < 6 && (ids.size() == 2 || ids.back() != kEnd)) {
      const std::vector<float> scores = scores_after(static_cast<int64_t>(s), ids);
      ids.push_back(std::max_element(scores.begin(), scores.end()) - scores.begin());
    }
    CHECK(texts[s].ids == ids);
  }
}

TEST_CASE("as many beams as half the vocabulary's texts find the best of all") {
  for (const double penalty : {0.0, 1.0, 2.0}) {
    GenerationOptions o = defaults();
    o.max_new_tokens = 2;
    o.num_beams = 4;
    o.early_stopping = EarlyStopping::never;
    o.length_penalty = penalty;
    GeneratedText best{{}, -1e30};
    search_all({1, 5}, 0, 2, penalty, best);
    const GeneratedText found = write(1, o).front();
    CHECK(found.score <= doctest::Approx(best.score));
    if (found.ids == best.ids) CHECK(found.score == doctest::Approx(best.score));
    CHECK(found.score > best.score - 1.0);
  }
}

TEST_CASE("beams of several sources are those of each alone, best first") {
  for (const EarlyStopping stop : {EarlyStopping::no, EarlyStopping::yes, EarlyStopping::never}) {
    GenerationOptions o = defaults();
    o.max_new_tokens = 8;
    o.num_beams = 3;
    o.num_return_sequences = 2;
    o.early_stopping = stop;
    const std::vector<GeneratedText> together = write(5, o);
    REQUIRE(together.size() == 10);
    CHECK(together[0].score >= together[1].score);
    const std::vector<GeneratedText> fewer = write(2, o);
    for (size_t i = 0; i < fewer.size(); ++i) {
      CHECK(fewer[i].ids == together[i].ids);
      CHECK(fewer[i].score == together[i].score);
    }
  }
}

TEST_CASE("the least length, penalties and prohibitions hold") {
  GenerationOptions o = defaults();
  o.max_new_tokens = 9;
  o.min_new_tokens = 7;
  for (const int64_t beams : {1, 3}) {
    o.num_beams = beams;
    for (const GeneratedText& t : write(4, o)) CHECK(t.ids.size() >= 2 + 7);
  }
  o.no_repeat_ngram_size = 1;
  o.min_new_tokens = 0;
  o.max_new_tokens = 6;
  for (const int64_t beams : {1, 3}) {
    o.num_beams = beams;
    for (const GeneratedText& t : write(4, o)) {
      std::map<int64_t, int> seen;
      for (const int64_t id : t.ids) CHECK(++seen[id] == 1);
    }
  }
}

TEST_CASE("sampling: the seed decides, not the batch") {
  GenerationOptions o = defaults();
  o.max_new_tokens = 8;
  o.sample = true;
  o.seed = 4;
  const std::vector<GeneratedText> all = write(5, o);
  CHECK(write(2, o)[1].ids == all[1].ids);
  NoiseDecoder one(1);
  CHECK(generate(one, {{1, 5}}, o, {}, 0).front().ids == all[0].ids);
  o.seed = 5;
  const std::vector<GeneratedText> others = write(5, o);
  bool differs = false;
  for (size_t i = 0; i < all.size(); ++i) differs = differs || others[i].ids != all[i].ids;
  CHECK(differs);
}

TEST_CASE("sampling among one token is greedy, and draws follow the probabilities") {
  GenerationOptions greedy = defaults(), o = defaults();
  o.sample = true;
  o.top_k = 1;
  for (size_t i = 0; i < 3; ++i) CHECK(write(3, o)[i].ids == write(3, greedy)[i].ids);
  o.top_k = 0;
  o.max_new_tokens = 1;
  std::vector<float> expected = scores_after(0, std::vector<int64_t>{1, 5});
  softmax_row(expected);
  std::vector<double> counts(kVocabulary);
  constexpr int kDraws = 4000;
  for (int i = 0; i < kDraws; ++i) {
    o.seed = static_cast<uint64_t>(i);
    counts[static_cast<size_t>(write(1, o).front().ids.back())] += 1.0 / kDraws;
  }
  for (size_t v = 0; v < expected.size(); ++v)
    CHECK(std::abs(counts[v] - static_cast<double>(expected[v])) < 4 * std::sqrt(0.25 / kDraws));
}

TEST_CASE("tokens are handed out as they are chosen") {
  for (const int64_t beams : {1, 2}) {
    GenerationOptions o = defaults();
    o.num_beams = beams;
    NoiseDecoder decoder(2);
    std::vector<std::vector<int64_t>> streamed(2, {1, 5});
    GenerationHooks hooks;
    hooks.on_token = [&](size_t source, int64_t token) { streamed[source].push_back(token); };
    const std::vector<GeneratedText> texts = generate(decoder, {{1, 5}, {1, 5}}, o, hooks);
    for (size_t s = 0; s < 2; ++s) CHECK(streamed[s] == texts[s].ids);
  }
}

TEST_CASE("what cannot be followed is refused") {
  const auto error = [](const std::function<void(GenerationOptions&)>& change) {
    GenerationOptions o = defaults();
    change(o);
    return test::error_of([&] { write(1, o); });
  };
  CHECK(error([](auto& o) { o.num_beams = 2, o.sample = true; }) ==
        "[generate] expected one beam with sampling, got 2");
  CHECK(error([](auto& o) { o.min_new_tokens = 5; }) ==
        "[generate] expected min_new_tokens between 0 and max_new_tokens, got 5");
  CHECK(error([](auto& o) { o.max_new_tokens = 12; }) ==
        "[generate] expected a prompt and new tokens of at most 13 together, got 2 and 12");
  CHECK(error([](auto& o) { o.num_beams = 5; }) == "[generate] expected at most 4 beams (half the vocabulary), got 5");
  CHECK(error([](auto& o) { o.top_p = 0; }) == "[generate] expected top_p in (0, 1], got 0");
  NoiseDecoder decoder(2);
  CHECK(test::error_of([&] {
          generate(decoder, {{1}, {1, 2}}, defaults());
        }) == "[generate] expected prompts of one length, got 1 and 2 tokens");
}
