#pragma once
// Definition of rank_answers for any tensor type whose op sets were included before.

#include "sensorium/models/blip/blip_writer.h"
#include "sensorium/models/checks.h"
#include "sensorium/models/logits_processors.h"
#include "sensorium/models/reference_losses.h"

#include <algorithm>

namespace sensorium {

/// Rows of a batch, each as often as it is named.
inline TokenBatch chosen_rows(const TokenBatch& batch, std::span<const size_t> rows) {
  TokenBatch chosen{static_cast<int64_t>(rows.size()), batch.length, {}, {}, {}};
  const auto append = [&](const std::vector<int64_t>& from, std::vector<int64_t>& to, size_t row) {
    if (from.empty()) return;
    const auto at = from.begin() + static_cast<std::ptrdiff_t>(row) * batch.length;
    to.insert(to.end(), at, at + batch.length);
  };
  for (const size_t row : rows) {
    append(batch.input_ids, chosen.input_ids, row);
    append(batch.attention_mask, chosen.attention_mask, row);
  }
  return chosen;
}

/// Minus the summed loss of each row: what comes after its first token, padding left out.
inline std::vector<double> summed_log_probabilities(std::span<const float> logits, const TokenBatch& texts,
                                                    int64_t vocabulary, double smoothing) {
  std::vector<double> sums;
  for (int64_t r = 0; r < texts.batch; ++r) {
    double sum = 0;
    for (int64_t t = 0; t + 1 < texts.length; ++t) {
      const size_t next = static_cast<size_t>(r * texts.length + t + 1);
      if (!texts.attention_mask.empty() && texts.attention_mask[next] == 0) continue;
      const size_t row = static_cast<size_t>((r * texts.length + t) * vocabulary);
      sum -= cross_entropy_of(logits.subspan(row, static_cast<size_t>(vocabulary)), texts.input_ids[next], smoothing);
    }
    sums.push_back(sum);
  }
  return sums;
}

/// Minus the summed loss of each text over one of the contexts, whose keys the texts share.
template <class T>
std::vector<double> score_texts(const Blip<T>& model, const BlipDecoderState<T>& contexts, int64_t source,
                                const TokenBatch& texts) {
  BlipDecoderState<T> state = contexts;
  const std::vector<int64_t> one{source};
  select_rows(state, {}, &one);
  const T states = decode_states(model, {texts.batch, texts.length, texts.input_ids}, state);
  return summed_log_probabilities(TensorTraits<T>::to_float(score_tokens(model, states)), texts,
                                  model.config.text.vocab_size, model.config.text.label_smoothing);
}

/// Probabilities of the first word over each context: [B,V].
template <class T>
std::vector<float> first_word_probabilities(const Blip<T>& model, const BlipDecoderState<T>& contexts,
                                            int64_t sources) {
  BlipDecoderState<T> state = contexts;
  const std::vector<int64_t> begin(static_cast<size_t>(sources), model.config.text.bos_token_id);
  std::vector<float> scores = TensorTraits<T>::to_float(decode_next(model, {sources, 1, begin}, state));
  const auto vocabulary = static_cast<size_t>(model.config.text.vocab_size);
  for (int64_t s = 0; s < sources; ++s) softmax_row({scores.data() + static_cast<size_t>(s) * vocabulary, vocabulary});
  return scores;
}

/// The answers whose first word is most probable, best first; of equal ones the first.
inline std::vector<RankedAnswer> shortlist(const TokenBatch& answers, std::span<const float> probabilities,
                                           int64_t candidates) {
  std::vector<RankedAnswer> list;
  for (int64_t a = 0; a < answers.batch; ++a) {
    const int64_t word = answers.input_ids[static_cast<size_t>(a * answers.length + 1)];
    list.push_back({static_cast<size_t>(a), static_cast<double>(probabilities[static_cast<size_t>(word)]), 0});
  }
  std::stable_sort(list.begin(), list.end(),
                   [](const auto& a, const auto& b) { return a.first_probability > b.first_probability; });
  list.resize(std::min(list.size(), static_cast<size_t>(candidates)));
  return list;
}

template <class T>
std::vector<std::vector<RankedAnswer>> rank_answers(const Blip<T>& model, const BlipContext<T>& context,
                                                    const TokenBatch& answers, int64_t candidates) {
  if (answers.batch < 1 || answers.length < 3)
    throw InputError("rank answers", "expected at least one answer of at least one word, got {} of {} tokens",
                     answers.batch, answers.length);
  check_tokens(answers, model.config.text.max_position_embeddings, model.config.text.vocab_size);
  const int64_t sources = size_of(context.states, 0), vocabulary = model.config.text.vocab_size;
  const BlipDecoderState<T> contexts = begin_decoding(model, context);
  const std::vector<float> first = first_word_probabilities(model, contexts, sources);
  std::vector<std::vector<RankedAnswer>> ranked;
  for (int64_t s = 0; s < sources; ++s) {
    const std::span<const float> row(first.data() + s * vocabulary, static_cast<size_t>(vocabulary));
    std::vector<RankedAnswer> list = shortlist(answers, row, candidates);
    std::vector<size_t> rows;
    for (const RankedAnswer& a : list) rows.push_back(a.answer);
    const std::vector<double> sums = score_texts(model, contexts, s, chosen_rows(answers, rows));
    for (size_t i = 0; i < list.size(); ++i) list[i].log_probability = sums[i];
    std::stable_sort(list.begin(), list.end(),
                     [](const auto& a, const auto& b) { return a.log_probability > b.log_probability; });
    ranked.push_back(std::move(list));
  }
  return ranked;
}

}  // namespace sensorium
