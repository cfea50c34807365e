#pragma once
// What is done to the scores of the next token before one is chosen, as transformers' logits processors do it. Each
// works in place on one row of float32 scores [V]; a forbidden token gets -infinity. Thread-safe.

#include <cstdint>
#include <span>

namespace sensorium {

/// Once for each distinct id in `ids`: a negative score is multiplied by the penalty, another divided (Keskar et al.,
/// "CTRL", 2019, section 4.1).
void penalise_repetition(std::span<float> scores, std::span<const int64_t> ids, double penalty);

/// Forbids every token that would repeat a run of `size` ids that `ids` holds already.
void forbid_repeated_ngrams(std::span<float> scores, std::span<const int64_t> ids, int64_t size);

void apply_temperature(std::span<float> scores, double temperature);

/// Keeps the k best and what ties with the k-th; at least `keep` of them.
void keep_top_k(std::span<float> scores, int64_t k, int64_t keep = 1);

/// Keeps the smallest set of best tokens whose probabilities sum to more than p; at least `keep` of them (Holtzman et
/// al., "The curious case of neural text degeneration", 2019).
void keep_top_p(std::span<float> scores, double p, int64_t keep = 1);

/// Keeps the tokens of at least p times the best one's probability; at least `keep` of them (Nguyen et al., "Min-p
/// sampling", 2024).
void keep_min_p(std::span<float> scores, double p, int64_t keep = 1);

/// Probabilities, in place.
void softmax_row(std::span<float> scores);
/// Logarithms of probabilities, in place.
void log_softmax_row(std::span<float> scores);

}  // namespace sensorium
