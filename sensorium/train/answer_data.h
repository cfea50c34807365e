#pragma once
// Questions about pictures as examples to learn from.

#include "sensorium/train/pair_data.h"

namespace sensorium {

/// A split's pictures with questions that somebody answered; the questions stand in the captions' place, one caption a
/// question, in the order of Record::questions. Throws InputError when the split holds fewer than two such pictures.
PairData load_question_pairs(const fs::path& manifest, const std::string& split);

/// The answers of a question, each once, with the share of people who gave it.
struct WeightedAnswer {
  std::string text;
  double weight;
};
std::vector<WeightedAnswer> weighted_answers(const Question& question);
/// The question that stands as this caption.
const Question& question_of(const PairData& data, int64_t caption);

/// The `most` most common answers of the data, the most common first; of equally common ones the alphabetically first.
std::vector<std::string> common_answers(const PairData& data, size_t most);

/// The VQA challenge's accuracy of an answer of which `same` of `all` people gave the same: min(1, same / 3), averaged
/// over leaving out each of them (Antol et al., "VQA", 2015); where there are fewer than four, 1 if anybody did.
double answer_accuracy(int64_t same, int64_t all);

}  // namespace sensorium
