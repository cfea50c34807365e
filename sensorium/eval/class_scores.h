#pragma once
// Figures of scores over classes, and of many labels an item.

#include "sensorium/eval/calibration.h"
#include "sensorium/eval/tie_rule.h"

#include <vector>

namespace sensorium {

/// Share of items whose true class is among the k highest scores. Throws InputError as log_loss does.
double top_k_accuracy(const ClassProbabilities& scores, std::span<const int64_t> truth, int64_t k,
                      TieRule ties = TieRule::lower_id_first);

/// One value a class, one against the rest; NaN of a class that lacks positives or negatives.
std::vector<double> roc_auc_per_class(const ClassProbabilities& scores, std::span<const int64_t> truth);
std::vector<double> average_precision_per_class(const ClassProbabilities& scores, std::span<const int64_t> truth);
/// The mean of those that are not NaN; NaN when none is.
double mean_of_defined(std::span<const double> values);

/// Mean over pairs of classes of the AUC within the pair, each class's scores in turn (Hand, Till, "A simple
/// generalisation of the area under the ROC curve for multiple class classification problems", 2001); `by_support`
/// weights a pair by its share of items. NaN unless every class occurs.
double roc_auc_one_vs_one(const ClassProbabilities& scores, std::span<const int64_t> truth, bool by_support);

/// N items by L labels, each there or not.
struct LabelMatrix {
  std::span<const uint8_t> values;
  int64_t labels = 0;
  int64_t items() const { return labels == 0 ? 0 : static_cast<int64_t>(values.size()) / labels; }
  bool at(int64_t i, int64_t l) const { return values[static_cast<size_t>(i * labels + l)] != 0; }
};

struct LabelCounts {
  int64_t true_negative = 0, false_positive = 0, false_negative = 0, true_positive = 0;
};

/// Throws InputError unless both have one shape and at least one item.
std::vector<LabelCounts> label_counts(const LabelMatrix& truth, const LabelMatrix& predicted);

/// Precision, recall, F1 averaged over labels or items (see confusion.h for zeros).
struct MultilabelFigures {
  double subset_accuracy = 0;  // items whose labels are all right
  double hamming_loss = 0;     // share of wrong cells
  double jaccard = 0;          // mean over items of |both| / |either|, 0 where neither has a label
  struct Prf {
    double precision = 0, recall = 0, f1 = 0;
  } micro, macro, weighted, samples;
  std::vector<Prf> per_label;
};
MultilabelFigures multilabel_figures(const LabelMatrix& truth, const LabelMatrix& predicted);

/// How the labels of an item are ranked (Tsoumakas et al., "Mining multi-label data", 2010).
struct LabelRanking {
  double average_precision = 0;  // mean over items of the precision at each own label; 1 for items with none or all
  double coverage_error = 0;     // mean number of labels down to the last own one; 0 for items with none
  double loss = 0;               // mean share of pairs in wrong order, ties too; 0 for items with none or all
};
LabelRanking label_ranking(const LabelMatrix& truth, std::span<const double> scores);

}  // namespace sensorium
