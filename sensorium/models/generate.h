#pragma once
// Writing token by token, for every decoder: greedy, beams, sampling. The decoder behind it keeps its own keys and
// values; this half only chooses tokens.

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace sensorium {

/// When a search of beams may end: `no`: when no running beam can, at its present length, still beat the worst finished
/// one; `yes`: as soon as there are enough finished ones; `never`: only when none can at any length (transformers'
/// early_stopping False, True and "never").
enum class EarlyStopping { no, yes, never };

/// How texts are written. Ids of the special tokens belong to the model.
struct GenerationOptions {
  int64_t max_new_tokens = 20, min_new_tokens = 0;
  int64_t num_beams = 1, num_return_sequences = 1;
  double length_penalty = 1;
  EarlyStopping early_stopping = EarlyStopping::no;
  double repetition_penalty = 1;
  int64_t no_repeat_ngram_size = 0;
  bool sample = false;
  double temperature = 1, top_p = 1, min_p = 0;
  int64_t top_k = 0;  // 0: all
  uint64_t seed = 0;
  int64_t end_token_id = -1;  // a row ends after it

  /// Throws UsageError for values that contradict each other or lie outside their ranges.
  void check() const;
};

/// A model in the middle of writing N rows over B sources.
class TokenDecoder {
 public:
  virtual ~TokenDecoder() = default;
  virtual int64_t vocab_size() const = 0;
  /// Tokens a row can have at most, those of the prompt counted.
  virtual int64_t max_length() const = 0;
  /// Feeds the next `ids.size() / rows` tokens of every row and gives the scores after the last: [rows, vocab_size].
  virtual std::vector<float> feed(std::span<const int64_t> ids, int64_t rows) = 0;
  /// Row i becomes the former row rows[i]; where `sources` is given, source i likewise becomes the former sources[i].
  /// Rows of one source stay beside each other.
  virtual void select(const std::vector<int64_t>& rows, const std::vector<int64_t>* sources) = 0;
};

/// One text that was written.
struct GeneratedText {
  std::vector<int64_t> ids;  // the prompt, then the new tokens, with the end token where it came to it
  double score = 0;          // beams: sum of log probabilities / new tokens ^ length_penalty; else 0
};

/// What may be watched while it happens; both empty by default.
struct GenerationHooks {
  /// A token of a source, as it is chosen (with beams: all of a text's at its end).
  std::function<void(size_t source, int64_t token)> on_token;
  /// Greedy or sampled: the processed scores from which the next token of a source is chosen.
  std::function<void(size_t source, std::span<const float> scores)> on_scores;
};

/// Continues one prompt a source (all equally long, at least one token): `num_return_sequences` texts for each, best
/// first. A seed gives the same texts whatever else is in the batch with them: draws depend on (seed, `first_source` +
/// source, step). Follows transformers 5 `generate` token by token. Throws UsageError for options that cannot be
/// followed and what the decoder throws.
std::vector<GeneratedText> generate(TokenDecoder& decoder, const std::vector<std::vector<int64_t>>& prompts,
                                    const GenerationOptions& options, const GenerationHooks& hooks = {},
                                    uint64_t first_source = 0);

/// Inside: the search of beams, with at least two of them.
std::vector<GeneratedText> search_beams(TokenDecoder& decoder, const std::vector<std::vector<int64_t>>& prompts,
                                        const GenerationOptions& options);
/// Inside: penalties and prohibitions on the scores after `ids`, `prompt` of which were given.
void process_scores(std::span<float> scores, std::span<const int64_t> ids, size_t prompt,
                    const GenerationOptions& options);

}  // namespace sensorium
