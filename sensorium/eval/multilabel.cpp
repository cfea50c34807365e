#include "sensorium/base/error.h"
#include "sensorium/eval/class_scores.h"

#include <algorithm>
#include <limits>

namespace sensorium {
namespace {

using Prf = MultilabelFigures::Prf;

double ratio(double a, double b) {
  return b > 0 ? a / b : 0;
}

Prf prf(const LabelCounts& c) {
  const auto hits = static_cast<double>(c.true_positive), predicted = hits + static_cast<double>(c.false_positive),
             truths = hits + static_cast<double>(c.false_negative);
  return {ratio(hits, predicted), ratio(hits, truths), ratio(2 * hits, predicted + truths)};
}

void add(Prf& sum, const Prf& value, double weight) {
  sum.precision += weight * value.precision;
  sum.recall += weight * value.recall;
  sum.f1 += weight * value.f1;
}

void count(LabelCounts& c, bool truth, bool predicted) {
  ++(truth ? predicted ? c.true_positive : c.false_negative : predicted ? c.false_positive : c.true_negative);
}

void require_shape(const LabelMatrix& truth, const LabelMatrix& predicted) {
  if (truth.labels != predicted.labels || truth.values.size() != predicted.values.size() || truth.items() == 0)
    throw InputError("evaluate", "expected labels and predictions of one shape, got {} x {} and {} x {}", truth.items(),
                     truth.labels, predicted.items(), predicted.labels);
}

/// Figures that are means over items.
void add_items(const LabelMatrix& truth, const LabelMatrix& predicted, MultilabelFigures& f) {
  const auto n = static_cast<double>(truth.items());
  for (int64_t i = 0; i < truth.items(); ++i) {
    LabelCounts own;
    for (int64_t l = 0; l < truth.labels; ++l) count(own, truth.at(i, l), predicted.at(i, l));
    const auto wrong = static_cast<double>(own.false_positive + own.false_negative);
    const auto hits = static_cast<double>(own.true_positive);
    f.subset_accuracy += (wrong == 0) / n;
    f.hamming_loss += wrong / static_cast<double>(truth.labels) / n;
    f.jaccard += ratio(hits, hits + wrong) / n;
    add(f.samples, prf(own), 1 / n);
  }
}

}  // namespace

std::vector<LabelCounts> label_counts(const LabelMatrix& truth, const LabelMatrix& predicted) {
  require_shape(truth, predicted);
  std::vector<LabelCounts> counts(static_cast<size_t>(truth.labels));
  for (int64_t i = 0; i < truth.items(); ++i)
    for (int64_t l = 0; l < truth.labels; ++l)
      count(counts[static_cast<size_t>(l)], truth.at(i, l), predicted.at(i, l));
  return counts;
}

MultilabelFigures multilabel_figures(const LabelMatrix& truth, const LabelMatrix& predicted) {
  const auto counts = label_counts(truth, predicted);
  MultilabelFigures f;
  add_items(truth, predicted, f);
  LabelCounts all;
  for (const LabelCounts& c : counts) {
    all.true_positive += c.true_positive;
    all.false_positive += c.false_positive;
    all.false_negative += c.false_negative;
  }
  const auto positives = static_cast<double>(all.true_positive + all.false_negative);
  for (const LabelCounts& c : counts) {
    f.per_label.push_back(prf(c));
    add(f.macro, f.per_label.back(), 1 / static_cast<double>(truth.labels));
    add(f.weighted, f.per_label.back(), ratio(static_cast<double>(c.true_positive + c.false_negative), positives));
  }
  f.micro = prf(all);
  return f;
}

LabelRanking label_ranking(const LabelMatrix& truth, std::span<const double> scores) {
  if (scores.size() != truth.values.size() || truth.items() == 0)
    throw InputError("evaluate", "expected a score a label, got {} for {}", scores.size(), truth.values.size());
  LabelRanking r;
  const auto width = static_cast<size_t>(truth.labels);
  for (int64_t i = 0; i < truth.items(); ++i) {
    const auto row = scores.subspan(static_cast<size_t>(i) * width, width);
    std::vector<size_t> own, others;
    for (size_t l = 0; l < width; ++l) (truth.at(i, static_cast<int64_t>(l)) ? own : others).push_back(l);
    double precision = 0, wrong = 0, furthest = 0;
    for (const size_t l : own) {
      const auto from = [&](const std::vector<size_t>& labels) {
        return static_cast<double>(
            std::count_if(labels.begin(), labels.end(), [&](size_t k) { return row[k] >= row[l]; }));
      };
      const double own_above = from(own), others_above = from(others);
      precision += own_above / (own_above + others_above);
      wrong += others_above;
      furthest = std::max(furthest, own_above + others_above);
    }
    r.average_precision += own.empty() || others.empty() ? 1 : precision / static_cast<double>(own.size());
    r.coverage_error += furthest;
    if (!own.empty() && !others.empty()) r.loss += wrong / static_cast<double>(own.size() * others.size());
  }
  const auto n = static_cast<double>(truth.items());
  return {r.average_precision / n, r.coverage_error / n, r.loss / n};
}

}  // namespace sensorium
