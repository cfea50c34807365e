#pragma once
// Early and late fusion of modalities.

#include "sensorium/classic/linear_classifier.h"
#include "sensorium/classic/scalers.h"

namespace sensorium::classic {

/// Early fusion: views side by side, each column brought to mean 0 and deviation 1 first where there are scalers. What
/// is missing is the view's training mean: 0 after scaling.
struct Concatenation {
  std::vector<Vector> means;    // (p_i)
  std::vector<Scaler> scalers;  // empty: columns as they are
  /// present[i][row] = 0: view i is missing in that row. Empty: all are there. Throws InputError for views that do not
  /// fit.
  Matrix transform(const std::vector<Matrix>& views, const std::vector<std::vector<uint8_t>>& present = {}) const;
};
Concatenation fit_concatenation(const std::vector<Matrix>& views, bool scaled);

/// Late fusion: class probabilities (n x K) of M models. Weights are brought to sum 1 where a mean is taken.
using ModelProbabilities = std::vector<Matrix>;

/// Each model votes for its first most probable class; the most votes (or the largest sum of weights) win, within 1e-12
/// the lower class. `sums` (n x K) are the votes or weights.
struct Votes {
  Matrix sums;
  std::vector<int64_t> winners;
  std::vector<int64_t> votes;  // (M x n)
};
Votes hard_vote(const ModelProbabilities& models, const Vector& weights = {});

/// Weighted mean; weights of models present alone, and 1/K each where none is. Without weights: the plain mean.
Matrix soft_vote(const ModelProbabilities& models, const Vector& weights = {},
                 const std::vector<std::vector<uint8_t>>& present = {});

/// Products (probabilities below 1e-12 raised to it), weighted geometric means, and elementwise extremes, each row
/// brought to sum 1.
Matrix product_fusion(const ModelProbabilities& models, const Vector& weights = {});
enum class Pick { max, min, median };
Matrix pick_fusion(const ModelProbabilities& models, Pick pick);

/// The weights (>= 0, sum 1) whose weighted mean gives the labels the highest likelihood, by expectation maximisation
/// of a mixture's proportions (Dempster, Laird, Rubin, 1977); give it rows that the models were not trained on.
Vector learn_weights(const ModelProbabilities& models, std::span<const int64_t> labels);

inline constexpr double kPlainPenalty[] = {1};

/// Stacking (Wolpert, "Stacked generalization", 1992): a logistic regression a view; its out-of-fold probabilities are
/// what another logistic regression learns from.
struct Stacking {
  std::vector<LinearClassifier> base;
  LinearClassifier meta;
  Matrix out_of_fold;             // (n x M K)
  std::vector<double> penalties;  // (M + 1)
  Matrix probabilities(const std::vector<Matrix>& views) const;
};
/// `fold[i]` is the fold of row i. Each classifier takes the C of `candidates` that choose_penalty finds; they are told
/// in `penalties`, views first. Throws InputError where a fold's rest lacks a class.
Stacking fit_stacking(const std::vector<Matrix>& views, std::span<const int64_t> labels, std::span<const int64_t> fold,
                      std::span<const double> candidates = kPlainPenalty);

/// (K + alpha I) a = t: kernel ridge regression.
Vector kernel_ridge(const Matrix& kernel, const Vector& targets, double alpha);
/// <K1, K2> / (||K1|| ||K2||).
double kernel_alignment(const Matrix& k1, const Matrix& k2);

}  // namespace sensorium::classic
