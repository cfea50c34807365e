#include "sensorium/classic/folds.h"

#include "sensorium/base/error.h"
#include "sensorium/classic/decompose.h"
#include "sensorium/classic/products.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace sensorium::classic {
namespace {

// Which C is best does not hang on the last digits of each fit.
constexpr double kRoughly = 1e-4;
constexpr double kLeastChance = 1e-12, kShortest = 1e-6;

}  // namespace

void for_each_fold(std::span<const int64_t> labels, std::span<const int64_t> fold, std::string_view operation,
                   const std::function<void(const Fold&)>& body) {
  if (labels.empty() || labels.size() != fold.size())
    throw InputError(operation, "expected a label and a fold for each row, got {} and {}", labels.size(), fold.size());
  const auto classes = static_cast<size_t>(*std::max_element(labels.begin(), labels.end()) + 1);
  for (const int64_t f : std::set<int64_t>(fold.begin(), fold.end())) {
    Fold one;
    for (size_t i = 0; i < fold.size(); ++i) {
      (fold[i] == f ? one.inside : one.outside).push_back(static_cast<Index>(i));
      if (fold[i] != f) one.outside_labels.push_back(labels[i]);
    }
    if (std::set<int64_t>(one.outside_labels.begin(), one.outside_labels.end()).size() != classes)
      throw InputError(operation, "expected all {} classes outside fold {}, got fewer", classes, f);
    body(one);
  }
}

Turned turn_rows(const Matrix& rows) {
  if (rows.cols() <= rows.rows()) return {rows, {}};
  const EigenPairs pairs = symmetric_eigen(multiply_by_transposed(rows, rows));
  const double least = kShortest * kShortest * pairs.values(0);
  Index kept = 0;
  while (kept < pairs.values.size() && pairs.values(kept) > least) ++kept;
  const Vector lengths = pairs.values.head(kept).cwiseSqrt();
  const Matrix u = pairs.vectors.leftCols(kept);
  return {u * lengths.asDiagonal(), multiply_transposed(rows, u) * lengths.cwiseInverse().asDiagonal()};
}

LinearClassifier turned_back(LinearClassifier classifier, const Matrix& back) {
  if (back.size() != 0) classifier.weights = multiply_by_transposed(classifier.weights, back);
  return classifier;
}

double choose_penalty(const Matrix& rows, std::span<const int64_t> labels, std::span<const int64_t> fold,
                      std::span<const double> candidates) {
  if (candidates.empty()) throw UsageError("classifier", "expected a C or several to choose from, got none");
  if (candidates.size() == 1) return candidates[0];
  const Matrix x = turn_rows(rows).rows;
  std::vector<double> likelihood(candidates.size(), 0);
  for_each_fold(labels, fold, "classifier", [&](const Fold& one) {
    const Matrix outside = x(one.outside, Eigen::all), inside = x(one.inside, Eigen::all);
    for (size_t k = 0; k < candidates.size(); ++k) {
      const Matrix p = fit_logistic(outside, one.outside_labels, candidates[k], kRoughly).probabilities(inside);
      for (size_t i = 0; i < one.inside.size(); ++i)
        likelihood[k] +=
            std::log(std::max(p(static_cast<Index>(i), labels[static_cast<size_t>(one.inside[i])]), kLeastChance));
    }
  });
  return candidates[static_cast<size_t>(std::max_element(likelihood.begin(), likelihood.end()) - likelihood.begin())];
}

}  // namespace sensorium::classic
