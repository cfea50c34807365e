#pragma once
// What the reference cases of BLIP and of generation need besides a model: reading, comparing, plain losses.

#include "sensorium/models/blip/blip_writer.h"
#include "sensorium/models/generate.h"
#include "sensorium/models/reference_case.h"

namespace sensorium {

/// Two inputs as a batch of tokens.
TokenBatch named_tokens(const ReferenceCase& c, const std::string& ids, const std::string& mask);
/// Chosen rows of a batch, each as often as it is named.
TokenBatch token_rows(const TokenBatch& batch, const std::vector<int64_t>& rows);
/// The rows of an input as prompts, begun as the model begins texts.
std::vector<std::vector<int64_t>> prompts_of(const ReferenceCase& c, const std::string& ids,
                                             const BlipTextConfig& config);
/// The ids, with -100 where the padding is.
std::vector<int64_t> labels_of(const TokenBatch& texts, int64_t pad_id);

/// Integers: have to be equal. Nothing happens where there is no such output.
void offer_integers(const ReferenceCase& c, const std::string& name, const std::vector<int64_t>& values,
                    CaseReport& report);

/// The settings under "generate" in case.json, by name.
std::vector<std::pair<std::string, GenerationOptions>> generation_settings(const ReferenceCase& c);
/// Generates, and offers NAME.ids (filled as transformers fills rows that ended early: with the padding id, of beams
/// with the end's where the padding id is 0), NAME.sequences_scores of beams, NAME.top2_gaps of greedy search.
void offer_generated(const ReferenceCase& c, const std::string& name, TokenDecoder& decoder,
                     const std::vector<std::vector<int64_t>>& prompts, const GenerationOptions& options, int64_t pad_id,
                     CaseReport& report);
/// "processor.pixel_values" of "raw_image_hwc" by the case's own image processor.
void offer_processed(const ReferenceCase& c, CaseReport& report);

/// k of "rank.topk_ids".
int64_t ranked_candidates(const ReferenceCase& c);
void offer_ranked(const ReferenceCase& c, const std::vector<std::vector<RankedAnswer>>& best,
                  const std::vector<std::vector<RankedAnswer>>& all, CaseReport& report);

/// Losses of logits [B,T,V] against labels [B,T]: position t is held to label t + 1; -100 does not count.
struct LanguageLosses {
  double mean = 0;               // over what counts
  std::vector<double> row_sums;  // [B]
};
LanguageLosses language_losses(const std::vector<float>& logits, int64_t vocabulary, const std::vector<int64_t>& labels,
                               int64_t batch, double smoothing);

/// The pairs of a matching step: B that match, then each text with a wrong picture, then each picture with a wrong
/// text.
struct MatchRows {
  std::vector<int64_t> images, texts, labels;  // [3B]
};
MatchRows match_rows(const std::vector<int64_t>& image_for_text, const std::vector<int64_t>& text_for_image);
/// Mean cross entropy of logits [N,2].
double match_loss(const std::vector<float>& logits, const std::vector<int64_t>& labels);

/// Rows of a tensor, by way of the host.
template <class T>
T gather_rows(const T& x, const std::vector<int64_t>& rows) {
  std::vector<int64_t> shape = TensorTraits<T>::shape(x);
  const std::vector<float> values = TensorTraits<T>::to_float(x);
  const auto size = static_cast<std::ptrdiff_t>(values.size()) / shape[0];
  std::vector<float> chosen;
  for (const int64_t r : rows) chosen.insert(chosen.end(), values.begin() + r * size, values.begin() + (r + 1) * size);
  shape[0] = static_cast<int64_t>(rows.size());
  return TensorTraits<T>::from_float(chosen.data(), shape);
}

/// Kinds without a model: logits processors, and momentum-distilled contrast (its values, not its gradients).
std::vector<CaseKind> formula_case_kinds();

}  // namespace sensorium
