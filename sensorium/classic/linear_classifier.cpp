#include "sensorium/classic/linear_classifier.h"

#include "sensorium/base/error.h"
#include "sensorium/classic/newton.h"
#include "sensorium/classic/products.h"

#include <algorithm>
#include <cmath>

namespace sensorium::classic {
namespace {

/// The number of classes. Throws for labels that do not fit.
Index check(const Matrix& rows, std::span<const int64_t> labels, double c) {
  if (!(c > 0)) throw UsageError("classifier", "expected a C above 0, got {}", c);
  if (static_cast<Index>(labels.size()) != rows.rows() || labels.empty())
    throw InputError("classifier", "expected a label for each of {} rows, got {}", rows.rows(), labels.size());
  const auto [low, high] = std::minmax_element(labels.begin(), labels.end());
  if (*low < 0 || *high > 100000)
    throw InputError("classifier", "expected labels in 0 ... 100000, got {}", *low < 0 ? *low : *high);
  if (*low == *high) throw InputError("classifier", "expected labels of two classes or more, got {} alone", *low);
  return static_cast<Index>(*high + 1);
}

/// Scores of parameters that stand as [W b] row by row, (K x (p + 1)).
Matrix scores_of(const Matrix& rows, const Matrix& parameters) {
  const Index p = rows.cols();
  Matrix scores = multiply_by_transposed(rows, parameters.leftCols(p));
  scores.rowwise() += parameters.col(p).transpose();
  return scores;
}

/// [D' X, column sums of D]: what a gradient by scores means for the parameters.
Matrix pull_back(const Matrix& rows, const Matrix& by_scores) {
  Matrix out(by_scores.cols(), rows.cols() + 1);
  out.leftCols(rows.cols()) = multiply_transposed(by_scores, rows);
  out.col(rows.cols()) = by_scores.colwise().sum().transpose();
  return out;
}

Matrix as_parameters(const Vector& v, Index classes) {
  return Eigen::Map<const Matrix>(v.data(), classes, v.size() / classes);
}

Vector as_vector(const Matrix& m) {
  return Eigen::Map<const Vector>(m.data(), m.size());
}

LinearClassifier from_parameters(const Vector& v, Index classes, const ConvexFunction& f) {
  const Matrix parameters = as_parameters(v, classes);
  Vector ignored;
  return {parameters.leftCols(parameters.cols() - 1), parameters.col(parameters.cols() - 1), f.value(v, ignored)};
}

/// Adds the penalty of the weights (and of the intercept) to the pulled back gradient.
void add_penalty(Matrix& gradient, const Matrix& parameters, bool intercept) {
  const Index p = parameters.cols() - 1;
  gradient.leftCols(p) += parameters.leftCols(p);
  if (intercept) gradient.col(p) += parameters.col(p);
}

double half_square(const Matrix& parameters, bool intercept) {
  return 0.5 * (intercept ? parameters.squaredNorm() : parameters.leftCols(parameters.cols() - 1).squaredNorm());
}

ConvexFunction multinomial(const Matrix& rows, std::span<const int64_t> labels, Index classes, double c,
                           Matrix& chances) {
  ConvexFunction f;
  f.value = [&rows, labels, classes, c, &chances](const Vector& v, Vector& gradient) {
    const Matrix parameters = as_parameters(v, classes), scores = scores_of(rows, parameters);
    chances = row_softmax(scores);
    Matrix error = chances;
    double loss = 0;
    for (Index i = 0; i < rows.rows(); ++i) {
      const Index y = labels[static_cast<size_t>(i)];
      const double most = scores.row(i).maxCoeff();
      loss += most + std::log((scores.row(i).array() - most).exp().sum()) - scores(i, y);
      error(i, y) -= 1;
    }
    Matrix pulled = c * pull_back(rows, error);
    add_penalty(pulled, parameters, false);
    gradient = as_vector(pulled);
    return c * loss + half_square(parameters, false);
  };
  f.curve = [&rows, classes, c, &chances](const Vector& v) {
    const Matrix direction = as_parameters(v, classes);
    Matrix moved = chances.array() * scores_of(rows, direction).array();
    const Vector sums = moved.rowwise().sum();
    moved -= sums.asDiagonal() * chances;
    Matrix pulled = c * pull_back(rows, moved);
    add_penalty(pulled, direction, false);
    return as_vector(pulled);
  };
  return f;
}

/// Of one score a row: loss(score, label, slope, curvature).
template <class Loss>
ConvexFunction of_one_score(const Matrix& rows, std::span<const int64_t> labels, double c, bool intercept,
                            Matrix& curvature, Loss loss) {
  ConvexFunction f;
  f.value = [&rows, labels, c, intercept, &curvature, loss](const Vector& v, Vector& gradient) {
    const Matrix parameters = as_parameters(v, 1), scores = scores_of(rows, parameters);
    Matrix slope(rows.rows(), 1);
    curvature.resize(rows.rows(), 1);
    double sum = 0;
    for (Index i = 0; i < rows.rows(); ++i)
      sum += loss(scores(i, 0), labels[static_cast<size_t>(i)] == 1, slope(i, 0), curvature(i, 0));
    Matrix pulled = c * pull_back(rows, slope);
    add_penalty(pulled, parameters, intercept);
    gradient = as_vector(pulled);
    return c * sum + half_square(parameters, intercept);
  };
  f.curve = [&rows, c, intercept, &curvature](const Vector& v) {
    const Matrix direction = as_parameters(v, 1);
    Matrix pulled = c * pull_back(rows, curvature.array() * scores_of(rows, direction).array());
    add_penalty(pulled, direction, intercept);
    return as_vector(pulled);
  };
  return f;
}

double logistic_loss(double score, bool positive, double& slope, double& curvature) {
  const double signed_score = positive ? score : -score;
  const double chance = 1 / (1 + std::exp(-score));
  slope = chance - (positive ? 1 : 0);
  curvature = chance * (1 - chance);
  return signed_score > 0 ? std::log1p(std::exp(-signed_score)) : -signed_score + std::log1p(std::exp(signed_score));
}

double squared_hinge(double score, bool positive, double& slope, double& curvature) {
  const double y = positive ? 1 : -1, gap = std::max(0.0, 1 - y * score);
  slope = -2 * y * gap;
  curvature = gap > 0 ? 2 : 0;
  return gap * gap;
}

}  // namespace

Matrix LinearClassifier::scores(const Matrix& rows) const {
  if (rows.cols() != weights.cols())
    throw InputError("classifier", "expected rows of {} values, got {}", weights.cols(), rows.cols());
  Matrix s = multiply_by_transposed(rows, weights);
  s.rowwise() += intercept.transpose();
  return s;
}

Matrix LinearClassifier::probabilities(const Matrix& rows) const {
  const Matrix s = scores(rows);
  if (weights.rows() > 1) return row_softmax(s);
  Matrix p(s.rows(), 2);
  p.col(1) = (1 + (-s.col(0).array()).exp()).inverse();
  p.col(0) = 1 - p.col(1).array();
  return p;
}

Matrix row_softmax(Matrix scores) {
  const Vector most = scores.rowwise().maxCoeff();
  scores = (scores.colwise() - most).array().exp();
  const Vector sums = scores.rowwise().sum();
  scores.array().colwise() /= sums.array();
  return scores;
}

LinearClassifier fit_logistic(const Matrix& rows, std::span<const int64_t> labels, double c, double tolerance) {
  const Index classes = check(rows, labels, c), kept = classes == 2 ? 1 : classes;
  Matrix state;
  const ConvexFunction f = classes == 2 ? of_one_score(rows, labels, c, false, state, logistic_loss)
                                        : multinomial(rows, labels, classes, c, state);
  return from_parameters(minimise(f, Vector::Zero(kept * (rows.cols() + 1)), tolerance, "logistic regression"), kept,
                         f);
}

LinearClassifier fit_linear_svm(const Matrix& rows, std::span<const int64_t> labels, double c) {
  if (check(rows, labels, c) != 2) throw InputError("svm", "expected labels 0 and 1, got others");
  Matrix state;
  const ConvexFunction f = of_one_score(rows, labels, c, true, state, squared_hinge);
  return from_parameters(minimise(f, Vector::Zero(rows.cols() + 1), kLogisticTolerance, "svm"), 1, f);
}

double accuracy(const Matrix& probabilities, std::span<const int64_t> labels) {
  if (static_cast<Index>(labels.size()) != probabilities.rows() || labels.empty())
    throw InputError("accuracy", "expected a label for each of {} rows, got {}", probabilities.rows(), labels.size());
  Index right = 0;
  for (Index i = 0; i < probabilities.rows(); ++i) {
    Index best = 0;
    probabilities.row(i).maxCoeff(&best);
    right += best == labels[static_cast<size_t>(i)];
  }
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

}  // namespace sensorium::classic
