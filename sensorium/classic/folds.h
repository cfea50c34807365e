#pragma once
// Rows dealt to folds, each judged by what was learnt from the others.

#include "sensorium/classic/linear_classifier.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace sensorium::classic {

/// One fold: its rows, the others, and the others' labels.
struct Fold {
  std::vector<Index> inside, outside;
  std::vector<int64_t> outside_labels;
};

/// Calls `body` for each fold in ascending order; `fold[i]` is that of row i. Throws InputError naming `operation`
/// where a fold's rest lacks one of the classes 0 ... max(labels), or there is not a fold for each label.
void for_each_fold(std::span<const int64_t> labels, std::span<const int64_t> fold, std::string_view operation,
                   const std::function<void(const Fold&)>& body);

/// Rows in coordinates of their own: `rows` (n x r) with the same products between any two rows, and `back` (p x r)
/// that leads there. Penalised linear classifiers of both are the same, so that wide rows cost no more than square
/// ones. Directions 10^-6 as long as the longest are left out. Rows that are not wide stay as they are, and `back` is
/// empty.
struct Turned {
  Matrix rows, back;
};
Turned turn_rows(const Matrix& rows);
/// What was fitted on turned rows, for rows as they were.
LinearClassifier turned_back(LinearClassifier classifier, const Matrix& back);

/// The one of `candidates` for C under which logistic regressions of the other folds make the labels of each most
/// likely; the first of equals. One candidate is returned unseen. Throws as above, UsageError for none. Cost: folds
/// times candidates fits on rows that are turned first.
double choose_penalty(const Matrix& rows, std::span<const int64_t> labels, std::span<const int64_t> fold,
                      std::span<const double> candidates);

}  // namespace sensorium::classic
