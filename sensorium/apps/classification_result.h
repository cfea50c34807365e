#pragma once
// The figures of a classification, as a table, as JSON and as a page.

#include "sensorium/eval/class_scores.h"
#include "sensorium/eval/confusion.h"
#include "sensorium/eval/item_file.h"
#include "sensorium/eval/retrieval.h"

namespace sensorium {

/// Truth and probabilities of N items over K classes.
struct Classified {
  std::vector<std::string> classes, ids;
  std::vector<int64_t> truth;
  std::vector<double> probabilities;  // (N, K)
  ClassProbabilities rows() const { return {probabilities, static_cast<int64_t>(classes.size())}; }
};

struct ClassificationResult {
  Confusion confusion;
  std::vector<int64_t> predicted;        // the most probable class, the lowest of equals
  Interval accuracy, balanced_accuracy;  // 95 % bootstrap over items
  double accuracy_at_5 = 0, log_loss = 0, brier = 0;
  std::vector<double> roc_auc, average_precision;  // a class each; NaN without positives or negatives
  Calibration calibration;
};

/// Throws InputError when there are no items.
ClassificationResult evaluate_classified(const Classified& data, int replicates, uint64_t seed);

std::string to_table(const ClassificationResult& result);
/// As CLIP_benchmark writes its results: "acc1", "acc5", "mean_per_class_recall" and more under "metrics".
OrderedJson to_metrics(const ClassificationResult& result);
/// Correctness and -ln p of each item, with its scores.
void write_classified_items(const fs::path& file, const OrderedJson& header, const Classified& data,
                            const ClassificationResult& result);
Classified classified_from(const ItemFile& items, const std::string& source);

/// Confusion matrix, ROC curves and reliability as .svg files: name and content.
std::map<std::string, std::string> classification_plots(const Classified& data, const ClassificationResult& result);

/// Confusion matrix, ROC curves, reliability, per-class table; one file that needs nothing else.
std::string render_classification(const std::string& title,
                                  const std::vector<std::pair<std::string, std::string>>& facts, const Classified& data,
                                  const ClassificationResult& result);

}  // namespace sensorium
