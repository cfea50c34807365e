#pragma once
// BLIP's decoder behind the generator.

#include "sensorium/models/blip/blip.h"
#include "sensorium/models/generate.h"

namespace sensorium {

/// Writes over the given contexts. The model must outlive it.
template <class T>
class BlipWriter : public TokenDecoder {
 public:
  BlipWriter(const Blip<T>& model, const BlipContext<T>& context)
      : model_(model), state_(begin_decoding(model, context)) {}
  int64_t vocab_size() const override { return model_.config.text.vocab_size; }
  int64_t max_length() const override { return model_.config.text.max_position_embeddings; }
  std::vector<float> feed(std::span<const int64_t> ids, int64_t rows) override {
    return TensorTraits<T>::to_float(decode_next(model_, {rows, static_cast<int64_t>(ids.size()) / rows, ids}, state_));
  }
  void select(const std::vector<int64_t>& rows, const std::vector<int64_t>* sources) override {
    select_rows(state_, rows, sources);
  }

 private:
  const Blip<T>& model_;
  BlipDecoderState<T> state_;
};

/// How a text of this model is begun and ended: a prompt's ids as the tokenizer gives them ([CLS] words... [SEP])
/// become bos words...; without a prompt, bos alone. The end token is sep.
std::vector<int64_t> begin_text(const BlipTextConfig& config, std::span<const int64_t> prompt_ids);
GenerationOptions with_end(GenerationOptions options, const BlipTextConfig& config);
/// Ids without bos, sep and pad, as the tokenizer can decode them.
std::vector<int32_t> words_of(const BlipTextConfig& config, std::span<const int64_t> ids);

/// States of questions that look at pictures [B,T,D]: what the answers of a question answerer look at.
template <class T>
T encode_questions(const Blip<T>& model, const TokenBatch& questions, const T& image_states) {
  const BlipContext<T> context{image_states, {}};
  return encode_tokens(model.text_encoder, questions, &context, false);
}

/// A closed list of answers to one question, best first.
struct RankedAnswer {
  size_t answer;             // place in the list
  double first_probability;  // of its first word, by which the candidates are chosen
  double log_probability;  // minus the summed loss of all its tokens (with the configuration's label smoothing, as the
                           // paper's code has it)
};

/// Ranks answers to each of B questions, whose states are the context: the `candidates` most probable by their first
/// word, then those by all their words (the paper's code, `rank_answer`). Answers are rows of ids that begin with bos
/// and end with sep, padded. Throws InputError when there is none or one is empty.
template <class T>
std::vector<std::vector<RankedAnswer>> rank_answers(const Blip<T>& model, const BlipContext<T>& context,
                                                    const TokenBatch& answers, int64_t candidates);

}  // namespace sensorium
