#include "sensorium/models/generate.h"

#include "sensorium/base/error.h"
#include "sensorium/base/rng.h"
#include "sensorium/models/logits_processors.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace sensorium {
namespace {

void require(bool ok, const char* what, double got) {
  if (!ok) throw UsageError("generate", "expected {}, got {}", what, got);
}

/// The tokens of all prompts, row by row.
std::vector<int64_t> joined(const std::vector<std::vector<int64_t>>& prompts) {
  std::vector<int64_t> ids;
  for (const auto& p : prompts) ids.insert(ids.end(), p.begin(), p.end());
  return ids;
}

int64_t best_of(std::span<const float> scores) {
  return std::max_element(scores.begin(), scores.end()) - scores.begin();
}

int64_t draw(std::span<float> scores, const GenerationOptions& o, CounterRng rng) {
  if (o.temperature != 1) apply_temperature(scores, o.temperature);
  if (o.top_k > 0) keep_top_k(scores, o.top_k);
  if (o.top_p < 1) keep_top_p(scores, o.top_p);
  if (o.min_p > 0) keep_min_p(scores, o.min_p);
  softmax_row(scores);
  const double at = rng.uniform();
  double sum = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    sum += static_cast<double>(scores[i]);
    if (at < sum) return static_cast<int64_t>(i);
  }
  return best_of(scores);  // the sum is 1 but for rounding
}

/// One token a row and step, greedy or sampled; rows that have ended leave the batch.
std::vector<GeneratedText> write_rows(TokenDecoder& decoder, const std::vector<std::vector<int64_t>>& prompts,
                                      const GenerationOptions& o, const GenerationHooks& hooks, uint64_t first_source) {
  const auto vocabulary = static_cast<size_t>(decoder.vocab_size());
  std::vector<GeneratedText> texts(prompts.size());
  for (size_t i = 0; i < prompts.size(); ++i) texts[i].ids = prompts[i];
  std::vector<size_t> running(prompts.size());
  std::iota(running.begin(), running.end(), 0);
  std::vector<float> scores = decoder.feed(joined(prompts), static_cast<int64_t>(prompts.size()));
  for (int64_t step = 0; step < o.max_new_tokens; ++step) {
    std::vector<int64_t> next, kept;
    std::vector<size_t> still;
    for (size_t r = 0; r < running.size(); ++r) {
      const std::span<float> row(scores.data() + r * vocabulary, vocabulary);
      const size_t source = running[r];
      process_scores(row, texts[source].ids, prompts[source].size(), o);
      if (hooks.on_scores) hooks.on_scores(source, row);
      const int64_t token =
          o.sample ? draw(row, o, CounterRng(mix_seed(o.seed, {first_source + source, static_cast<uint64_t>(step)})))
                   : best_of(row);
      texts[source].ids.push_back(token);
      if (hooks.on_token) hooks.on_token(source, token);
      if (token == o.end_token_id) continue;
      next.push_back(token);
      kept.push_back(static_cast<int64_t>(r));
      still.push_back(source);
    }
    if (still.empty() || step + 1 == o.max_new_tokens) break;
    if (still.size() < running.size()) decoder.select(kept, &kept);
    running = std::move(still);
    scores = decoder.feed(next, static_cast<int64_t>(running.size()));
  }
  return texts;
}

}  // namespace

void GenerationOptions::check() const {
  require(max_new_tokens >= 1, "max_new_tokens of at least 1", static_cast<double>(max_new_tokens));
  require(min_new_tokens >= 0 && min_new_tokens <= max_new_tokens, "min_new_tokens between 0 and max_new_tokens",
          static_cast<double>(min_new_tokens));
  require(num_beams >= 1, "at least 1 beam", static_cast<double>(num_beams));
  require(num_return_sequences >= 1 && num_return_sequences <= num_beams, "num_return_sequences of at most the beams",
          static_cast<double>(num_return_sequences));
  require(repetition_penalty > 0, "a repetition_penalty above 0", repetition_penalty);
  require(no_repeat_ngram_size >= 0, "no_repeat_ngram_size of at least 0", static_cast<double>(no_repeat_ngram_size));
  require(temperature > 0, "a temperature above 0", temperature);
  require(top_k >= 0, "top_k of at least 0", static_cast<double>(top_k));
  require(top_p > 0 && top_p <= 1, "top_p in (0, 1]", top_p);
  require(min_p >= 0 && min_p <= 1, "min_p in [0, 1]", min_p);
  if (sample && num_beams > 1) throw UsageError("generate", "expected one beam with sampling, got {}", num_beams);
}

void process_scores(std::span<float> scores, std::span<const int64_t> ids, size_t prompt, const GenerationOptions& o) {
  if (o.repetition_penalty != 1) penalise_repetition(scores, ids, o.repetition_penalty);
  if (o.no_repeat_ngram_size > 0) forbid_repeated_ngrams(scores, ids, o.no_repeat_ngram_size);
  if (o.end_token_id >= 0 && static_cast<int64_t>(ids.size() - prompt) < o.min_new_tokens)
    scores[static_cast<size_t>(o.end_token_id)] = -std::numeric_limits<float>::infinity();
}

std::vector<GeneratedText> generate(TokenDecoder& decoder, const std::vector<std::vector<int64_t>>& prompts,
                                    const GenerationOptions& options, const GenerationHooks& hooks,
                                    uint64_t first_source) {
  options.check();
  if (prompts.empty()) return {};
  const size_t length = prompts.front().size();
  for (const auto& p : prompts) {
    if (p.size() != length || p.empty())
      throw UsageError("generate", "expected prompts of one length, got {} and {} tokens", length, p.size());
    for (const int64_t id : p)
      if (id < 0 || id >= decoder.vocab_size())
        throw InputError("generate", "expected token ids in [0, {}), got {}", decoder.vocab_size(), id);
  }
  if (options.end_token_id >= decoder.vocab_size())
    throw InputError("generate", "expected an end token in [0, {}), got {}", decoder.vocab_size(),
                     options.end_token_id);
  // The last token is never fed.
  if (static_cast<int64_t>(length) + options.max_new_tokens - 1 > decoder.max_length())
    throw UsageError("generate", "expected a prompt and new tokens of at most {} together, got {} and {}",
                     decoder.max_length() + 1, length, options.max_new_tokens);
  if (options.num_beams == 1) return write_rows(decoder, prompts, options, hooks, first_source);
  std::vector<GeneratedText> texts = search_beams(decoder, prompts, options);
  if (!hooks.on_token) return texts;
  for (size_t i = 0; i < prompts.size(); ++i) {
    const auto& ids = texts[i * static_cast<size_t>(options.num_return_sequences)].ids;
    for (size_t k = length; k < ids.size(); ++k) hooks.on_token(i, ids[k]);
  }
  return texts;
}

}  // namespace sensorium
