#include "sensorium/apps/fuse_features.h"

#include "sensorium/base/rng.h"
#include "sensorium/classic/folds.h"

#include <map>

namespace sensorium {
namespace {

using classic::Index;
using classic::Matrix;

constexpr const char* kOperation = "sensorium fuse";

std::vector<int64_t> deal(const std::vector<int64_t>& labels, int folds, uint64_t seed) {
  std::vector<int64_t> fold(labels.size());
  std::map<int64_t, int64_t> next;  // each class is spread evenly
  for (size_t i = 0; i < labels.size(); ++i) {
    const uint64_t at = permuted_index(seed, labels.size(), i);
    fold[at] = next[labels[at]]++ % folds;
  }
  return fold;
}

/// Views scaled one by one, with what is missing at its mean.
std::vector<Matrix> scaled(const classic::Concatenation& early, const PartialViews& views) {
  std::vector<Matrix> out;
  for (size_t v = 0; v < views.values.size(); ++v) {
    classic::Concatenation one;
    one.means = {early.means[v]};
    if (!early.scalers.empty()) one.scalers = {early.scalers[v]};
    out.push_back(one.transform({views.values[v]}, {views.present[v]}));
  }
  return out;
}

/// Means and deviations of the items that have the view.
classic::Concatenation fit_scaling(const PartialViews& views, bool raw) {
  classic::Concatenation all;
  for (size_t v = 0; v < views.values.size(); ++v) {
    std::vector<Index> there;
    for (Index i = 0; i < views.values[v].rows(); ++i)
      if (views.present[v][static_cast<size_t>(i)]) there.push_back(i);
    if (there.empty()) throw InputError(kOperation, "expected an item that has view {}, got none", v + 1);
    const classic::Concatenation one = classic::fit_concatenation({views.values[v](there, Eigen::all)}, !raw);
    all.means.push_back(one.means[0]);
    if (!raw) all.scalers.push_back(one.scalers[0]);
  }
  return all;
}

Matrix side_by_side(const std::vector<Matrix>& views) {
  Matrix all(views[0].rows(), 0);
  for (const Matrix& view : views) {
    Matrix wider(all.rows(), all.cols() + view.cols());
    wider << all, view;
    all = std::move(wider);
  }
  return all;
}

/// One fit: scaled views, and which fold each item is in.
struct Fit {
  const FuseSettings& settings;
  const std::vector<int64_t>& labels;
  std::vector<int64_t> fold;
  std::vector<Matrix> views;

  classic::LinearClassifier logistic(const Matrix& rows, std::vector<double>& penalties) const {
    const classic::Turned turned = classic::turn_rows(rows);
    penalties.push_back(classic::choose_penalty(turned.rows, labels, fold, settings.c));
    return classic::turned_back(classic::fit_logistic(turned.rows, labels, penalties.back()), turned.back);
  }
  classic::Stacking stacking() const {
    std::vector<Matrix> rows, back;
    for (const Matrix& view : views) {
      classic::Turned turned = classic::turn_rows(view);
      rows.push_back(std::move(turned.rows));
      back.push_back(std::move(turned.back));
    }
    classic::Stacking s = classic::fit_stacking(rows, labels, fold, settings.c);
    for (size_t v = 0; v < back.size(); ++v) s.base[v] = classic::turned_back(std::move(s.base[v]), back[v]);
    return s;
  }
};

/// Each view's own classifiers go to `singles`; the penalties of the fusion's to `penalties`.
void fit_fusion(const Fit& fit, FeatureClassifier& c, std::vector<classic::LinearClassifier>& singles,
                std::vector<double>& penalties) {
  if (c.method == "early") {
    std::vector<double> ignored;
    c.single = fit.logistic(side_by_side(fit.views), penalties);
    if (fit.views.size() == 1) singles.push_back(c.single);
    for (size_t v = singles.size(); v < fit.views.size(); ++v) singles.push_back(fit.logistic(fit.views[v], ignored));
    return;
  }
  classic::Stacking s = fit.stacking();
  singles = s.base;
  c.base = std::move(s.base);
  c.single = std::move(s.meta);
  penalties = std::move(s.penalties);
  if (c.method != "late") return;
  penalties.pop_back();
  classic::ModelProbabilities judged;
  const auto classes = static_cast<Index>(c.classes.size());
  for (size_t v = 0; v < fit.views.size(); ++v)
    judged.push_back(s.out_of_fold.middleCols(static_cast<Index>(v) * classes, classes));
  c.weights = fit.settings.weights.empty() ? classic::learn_weights(judged, fit.labels)
                                           : classic::vector_of(fit.settings.weights);
}

/// The fusion's accuracy with each view missing.
std::vector<double> accuracies_without(const FeatureClassifier& c, const FuseItems& items) {
  std::vector<double> without;
  for (size_t v = 0; v < items.views.values.size(); ++v) {
    auto present = items.views.present;
    std::fill(present[v].begin(), present[v].end(), uint8_t{0});
    without.push_back(classic::accuracy(c.probabilities(items.views.values, present), items.labels.ids));
  }
  return without;
}

}  // namespace

FusedClassifier fit_fused_classifier(const FuseInput& input, const FuseSettings& settings) {
  const std::vector<int64_t>& labels = input.train.labels.ids;
  const FuseItems& judged = input.test ? *input.test : input.train;
  FeatureClassifier c;
  c.method = settings.method;
  c.classes = input.train.labels.classes;
  c.early = fit_scaling(input.train.views, settings.raw);
  std::vector<classic::LinearClassifier> singles;
  std::vector<double> penalties, single_accuracies;
  fit_fusion({settings, labels, deal(labels, settings.folds, settings.seed), scaled(c.early, input.train.views)}, c,
             singles, penalties);
  const std::vector<Matrix> rows = scaled(c.early, judged.views);
  for (size_t v = 0; v < rows.size(); ++v)
    single_accuracies.push_back(classic::accuracy(singles[v].probabilities(rows[v]), judged.labels.ids));

  FusedClassifier out;
  out.probabilities = c.probabilities(judged.views.values, judged.views.present);
  out.model.method = "fuse_" + settings.method;
  out.model.unit_length = false;
  out.model.facts = {{"method", settings.method},
                     {"items", labels.size()},
                     {"classes", c.classes.size()},
                     {"measured_on", input.test ? "held-out items" : "the items it was fitted on"},
                     {"c", penalties},
                     {"single_accuracies", single_accuracies},
                     {"accuracy", classic::accuracy(out.probabilities, judged.labels.ids)}};
  if (c.weights.size()) out.model.facts["weights"] = std::vector<double>(c.weights.begin(), c.weights.end());
  if (input.names.size() > 1) out.model.facts["without"] = accuracies_without(c, judged);
  for (size_t v = 0; v < input.names.size(); ++v) {
    FeatureMap map;
    map.width = input.train.views.values[v].cols();
    map.sound = v < input.kinds.size() && input.kinds[v].sound;
    out.model.maps.push_back(std::move(map));
  }
  out.model.classifier = std::move(c);
  return out;
}

}  // namespace sensorium
