#pragma once
// Counts of truth against prediction, and what follows from them.
//
// Note: undefined figures. A ratio whose denominator is 0 counts as 0 in precision, recall and F1 (of a class that
// occurs nowhere too: the plain mean counts it); kappa is NaN where both sides name one class only; the Matthews
// coefficient is 0 there.

#include <cstdint>
#include <span>
#include <vector>

namespace sensorium {

struct ClassFigures {
  double precision = 0, recall = 0, f1 = 0;
};

/// How far apart two classes are for kappa (Cohen, "Weighted kappa", 1968).
enum class KappaWeights { none, linear, quadratic };

class Confusion {
 public:
  /// Throws InputError naming the place when the sides differ in length, are empty, or hold a class outside
  /// [0, classes).
  Confusion(std::span<const int64_t> truth, std::span<const int64_t> predicted, int64_t classes);

  int64_t classes() const { return classes_; }
  int64_t total() const { return total_; }
  /// How many of class `truth` were taken for class `predicted`.
  int64_t at(int64_t truth, int64_t predicted) const {
    return counts_[static_cast<size_t>(truth * classes_ + predicted)];
  }
  /// Row-major, truth by prediction.
  const std::vector<int64_t>& counts() const { return counts_; }
  int64_t support(int64_t c) const { return truths_[static_cast<size_t>(c)]; }
  int64_t predictions(int64_t c) const { return predictions_[static_cast<size_t>(c)]; }

  double accuracy() const;
  /// Mean recall over the classes that occur in the truth.
  double balanced_accuracy() const;
  ClassFigures of_class(int64_t c) const;
  /// From the summed counts; over all classes this is the accuracy.
  ClassFigures micro() const;
  /// Plain mean over all classes.
  ClassFigures macro() const;
  /// Mean over classes, weighted by their support.
  ClassFigures weighted() const;
  /// (1 + b^2) P R / (b^2 P + R) of one class.
  double f_beta(int64_t c, double beta) const;
  double kappa(KappaWeights weights = KappaWeights::none) const;
  /// Matthews' correlation for any number of classes: R_K (Gorodkin, "Comparing two K-category assignments by a
  /// K-category correlation coefficient", 2004).
  double matthews() const;

 private:
  int64_t classes_ = 0, total_ = 0;
  std::vector<int64_t> counts_, truths_, predictions_;
};

}  // namespace sensorium
