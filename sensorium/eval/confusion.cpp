#include "sensorium/eval/confusion.h"

#include "sensorium/base/checked.h"

#include <cmath>
#include <limits>

namespace sensorium {
namespace {

constexpr const char* kOperation = "evaluate classify";

double ratio(double a, double b) {
  return b > 0 ? a / b : 0;
}

ClassFigures figures(double hits, double predicted, double truths) {
  return {ratio(hits, predicted), ratio(hits, truths), ratio(2 * hits, predicted + truths)};
}

}  // namespace

Confusion::Confusion(std::span<const int64_t> truth, std::span<const int64_t> predicted, int64_t classes)
    : classes_(classes) {
  if (truth.size() != predicted.size() || truth.empty() || classes < 1)
    throw InputError(kOperation, "expected as many predictions as labels, at least one, got {} and {}",
                     predicted.size(), truth.size());
  const auto k = static_cast<uint64_t>(classes);
  counts_.resize(checked_mul(k, k, kOperation));
  truths_.resize(k);
  predictions_.resize(k);
  for (size_t i = 0; i < truth.size(); ++i) {
    for (const int64_t c : {truth[i], predicted[i]})
      if (c < 0 || c >= classes)
        throw InputError(kOperation, "expected classes below {}, got {} for item {}", classes, c, i);
    ++counts_[static_cast<size_t>(truth[i] * classes + predicted[i])];
    ++truths_[static_cast<size_t>(truth[i])];
    ++predictions_[static_cast<size_t>(predicted[i])];
  }
  total_ = static_cast<int64_t>(truth.size());
}

double Confusion::accuracy() const {
  int64_t hits = 0;
  for (int64_t c = 0; c < classes_; ++c) hits += at(c, c);
  return static_cast<double>(hits) / static_cast<double>(total_);
}

double Confusion::balanced_accuracy() const {
  double sum = 0;
  int64_t present = 0;
  for (int64_t c = 0; c < classes_; ++c) {
    sum += of_class(c).recall;
    present += support(c) > 0;
  }
  return sum / static_cast<double>(present);
}

ClassFigures Confusion::of_class(int64_t c) const {
  return figures(static_cast<double>(at(c, c)), static_cast<double>(predictions(c)), static_cast<double>(support(c)));
}

ClassFigures Confusion::micro() const {
  const double hits = accuracy() * static_cast<double>(total_), n = static_cast<double>(total_);
  return figures(hits, n, n);
}

ClassFigures Confusion::macro() const {
  ClassFigures mean;
  const auto k = static_cast<double>(classes_);
  for (int64_t c = 0; c < classes_; ++c) {
    const ClassFigures f = of_class(c);
    mean.precision += f.precision / k;
    mean.recall += f.recall / k;
    mean.f1 += f.f1 / k;
  }
  return mean;
}

ClassFigures Confusion::weighted() const {
  ClassFigures mean;
  for (int64_t c = 0; c < classes_; ++c) {
    const ClassFigures f = of_class(c);
    const double share = static_cast<double>(support(c)) / static_cast<double>(total_);
    mean.precision += f.precision * share;
    mean.recall += f.recall * share;
    mean.f1 += f.f1 * share;
  }
  return mean;
}

double Confusion::f_beta(int64_t c, double beta) const {
  const ClassFigures f = of_class(c);
  return ratio((1 + beta * beta) * f.precision * f.recall, beta * beta * f.precision + f.recall);
}

double Confusion::kappa(KappaWeights weights) const {
  double seen = 0, expected = 0;
  for (int64_t t = 0; t < classes_; ++t)
    for (int64_t p = 0; p < classes_; ++p) {
      const double distance = static_cast<double>(std::abs(t - p));
      const double w = weights == KappaWeights::none     ? static_cast<double>(t != p)
                       : weights == KappaWeights::linear ? distance
                                                         : distance * distance;
      seen += w * static_cast<double>(at(t, p));
      expected += w * static_cast<double>(support(t)) * static_cast<double>(predictions(p));
    }
  expected /= static_cast<double>(total_);
  return expected == 0 ? std::numeric_limits<double>::quiet_NaN() : 1 - seen / expected;
}

double Confusion::matthews() const {
  const double n = static_cast<double>(total_), hits = accuracy() * n;
  double both = 0, truths = 0, predicted = 0;
  for (int64_t c = 0; c < classes_; ++c) {
    const auto t = static_cast<double>(support(c)), p = static_cast<double>(predictions(c));
    both += t * p;
    truths += t * t;
    predicted += p * p;
  }
  return ratio(hits * n - both, std::sqrt((n * n - predicted) * (n * n - truths)));
}

}  // namespace sensorium
