#pragma once
// Linear classifiers: logistic regression and support vectors.

#include "sensorium/classic/matrix.h"

#include <cstdint>

namespace sensorium::classic {

/// Scores = rows W' + b. One row of W a class; a binary model has one row, for class 1.
struct LinearClassifier {
  Matrix weights;    // (K x p), or (1 x p)
  Vector intercept;  // (K), or (1)
  double objective = 0;
  Index classes() const { return weights.rows() == 1 ? 2 : weights.rows(); }
  /// (n x K) or (n x 1). Throws InputError for another width.
  Matrix scores(const Matrix& rows) const;
  /// (n x classes): softmax of the scores, or the sigmoid of the one.
  Matrix probabilities(const Matrix& rows) const;
};

inline constexpr double kLogisticTolerance = 1e-11;

/// Minimises C sum -ln softmax(W x + b)[y] + 1/2 ||W||^2; the intercept is not penalised and sums to zero. Labels are
/// 0 ... K-1. Two classes take one weight vector with the sigmoid, whose penalty differs from a softmax of two. Ends
/// where the gradient is `tolerance` times the first one. Throws InputError for labels out of range or of one class
/// alone, UsageError for C <= 0.
LinearClassifier fit_logistic(const Matrix& rows, std::span<const int64_t> labels, double c = 1,
                              double tolerance = kLogisticTolerance);

/// Minimises 1/2 (||w||^2 + b^2) + C sum max(0, 1 - y f)^2 for labels 1 (y = 1) and 0 (y = -1): squared hinge, with the
/// intercept penalised (Fan et al., "LIBLINEAR", 2008). Throws as above.
LinearClassifier fit_linear_svm(const Matrix& rows, std::span<const int64_t> labels, double c = 1);

/// softmax of each row.
Matrix row_softmax(Matrix scores);

/// Share of rows whose largest probability (the first of equals) is at the label.
double accuracy(const Matrix& probabilities, std::span<const int64_t> labels);

}  // namespace sensorium::classic
