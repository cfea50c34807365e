#include "sensorium/eval/class_scores.h"
#include "sensorium/eval/confusion.h"
#include "sensorium/eval/reference_kinds.h"
#include "sensorium/eval/score_curves.h"

#include <algorithm>
#include <cmath>

namespace sensorium {
namespace {

std::vector<uint8_t> flags_of(const std::vector<int64_t>& values) {
  std::vector<uint8_t> flags;
  for (const int64_t v : values) flags.push_back(v != 0);
  return flags;
}

Json json_of(const ClassFigures& f) {
  return {{"precision", f.precision}, {"recall", f.recall}, {"f1", f.f1}};
}

/// What follows from truth and prediction alone, offered by `offer(key, value)`.
template <class Offer>
void offer_confusion(const Confusion& c, Offer&& offer) {
  Json labels = Json::array(), table = Json::array();
  Json per_class = {
      {"precision", Json::array()}, {"recall", Json::array()}, {"f1", Json::array()}, {"support", Json::array()}};
  for (int64_t t = 0; t < c.classes(); ++t) {
    labels.push_back(t);
    Json row = Json::array();
    for (int64_t p = 0; p < c.classes(); ++p) row.push_back(c.at(t, p));
    table.push_back(row);
    const ClassFigures f = c.of_class(t);
    per_class["precision"].push_back(f.precision);
    per_class["recall"].push_back(f.recall);
    per_class["f1"].push_back(f.f1);
    per_class["support"].push_back(c.support(t));
  }
  offer("labels", labels);
  offer("confusion", table);
  offer("per_class", per_class);
  offer("micro", json_of(c.micro()));
  offer("macro", json_of(c.macro()));
  offer("weighted", json_of(c.weighted()));
  offer("accuracy", c.accuracy());
  offer("balanced_accuracy", c.balanced_accuracy());
  offer("kappa", c.kappa());
  offer("kappa_linear", c.kappa(KappaWeights::linear));
  offer("kappa_quadratic", c.kappa(KappaWeights::quadratic));
  offer("mcc", c.matthews());
}

Json json_of(const Calibration& c) {
  Json bins = {{"count", Json::array()}, {"mean_confidence", Json::array()}, {"accuracy", Json::array()}};
  for (const CalibrationBin& b : c.bins) {
    bins["count"].push_back(b.count);
    bins["mean_confidence"].push_back(b.confidence);
    bins["accuracy"].push_back(b.accuracy);
  }
  return {{"ece", c.expected_error}, {"mce", c.largest_error}, {"bins", bins}};
}

int bins_of(const ExpectedCase& c, const std::string& key) {
  const Json* expected = c.expected_json(key);
  return expected ? static_cast<int>(expected->at("bins").at("count").size()) : 15;
}

/// "fbeta_0.5", "fbeta_2.0", ...
void offer_f_betas(const ExpectedCase& c, const Confusion& confusion, ExpectedReport& report) {
  for (const std::string& key : c.expected_keys())
    if (key.starts_with("fbeta_")) report.offer_json(key, confusion.f_beta(1, std::stod(key.substr(6))), kClosedForm);
}

void offer_curves(std::span<const uint8_t> truth, std::span<const double> scores, ExpectedReport& report) {
  const RocCurve roc = roc_curve(truth, scores);
  report.offer("roc_fpr", roc.false_positive_rate, kClosedForm);
  report.offer("roc_tpr", roc.true_positive_rate, kClosedForm);
  report.offer("roc_thresholds_after_inf", std::span(roc.thresholds).subspan(1), kClosedForm);
  const PrecisionRecallCurve pr = precision_recall_curve(truth, scores);
  report.offer("pr_precision", pr.precision, kClosedForm);
  report.offer("pr_recall", pr.recall, kClosedForm);
  report.offer("pr_thresholds", pr.thresholds, kClosedForm);
}

void check_binary(const ExpectedCase& c, ExpectedReport& report) {
  const auto truth = c.input_integers("y_true"), predicted = c.input_integers("y_pred");
  const auto p = c.input_doubles("p_positive");
  const auto positive = flags_of(truth);
  const Confusion confusion(truth, predicted, 2);
  const auto offer = [&](const std::string& key, const Json& value) { report.offer_json(key, value, kClosedForm); };
  offer_confusion(confusion, offer);
  for (const char* key : {"confusion", "labels"}) {
    const std::vector<int64_t> labels{0, 1};
    report.offer_integers(key, std::string(key) == "confusion" ? confusion.counts() : labels);
  }
  offer("roc_auc", roc_auc(positive, p));
  offer("average_precision", average_precision(positive, p));
  offer("log_loss", binary_log_loss(p, positive));
  offer("brier", binary_brier(p, positive));
  offer("positive_class", json_of(confusion.of_class(1)));
  offer_f_betas(c, confusion, report);
  std::vector<double> top;
  std::vector<uint8_t> right;
  for (size_t i = 0; i < p.size(); ++i) {
    top.push_back(std::max(p[i], 1 - p[i]));
    right.push_back(predicted[i] == truth[i]);
  }
  offer("ece_top_label", json_of(calibration(top, right, bins_of(c, "ece_top_label"))));
  offer("ece_positive_class", json_of(calibration(p, positive, bins_of(c, "ece_positive_class"))));
  offer_curves(positive, p, report);
}

void check_rows(const ExpectedCase& c, ExpectedReport& report) {
  Json rows = Json::array();
  for (const Json& row : c.input_json("rows")) {
    const auto truth = row.at("y_true").get<std::vector<int64_t>>(),
               predicted = row.at("y_pred").get<std::vector<int64_t>>();
    Json out = {{"name", row.at("name")}};
    offer_confusion(Confusion(truth, predicted, 2),
                    [&](const std::string& key, const Json& value) { out[key] = value; });
    const std::vector<double> scores(predicted.begin(), predicted.end());
    out["roc_auc"] = roc_auc(flags_of(truth), scores);
    rows.push_back(out);
  }
  report.offer_json("rows", rows, kClosedForm);
}

void check_clipped_loss(const ExpectedCase& c, ExpectedReport& report) {
  report.offer_json("log_loss", binary_log_loss(c.input_doubles("p_positive"), flags_of(c.input_integers("y_true"))),
                    kClosedForm);
}

void offer_one_vs_rest(const ClassProbabilities& p, std::span<const int64_t> truth, const Confusion& confusion,
                       ExpectedReport& report) {
  const auto auc = roc_auc_per_class(p, truth), ap = average_precision_per_class(p, truth);
  const auto offer = [&](const std::string& key, const Json& value) { report.offer_json(key, value, kClosedForm); };
  offer("roc_auc_ovr_per_class", auc);
  offer("roc_auc_ovr_macro", mean_of_defined(auc));
  offer("average_precision_per_class", ap);
  offer("average_precision_macro", mean_of_defined(ap));
  report.offer("roc_auc_ovr_per_class", auc, kClosedForm);
  report.offer("average_precision_per_class", ap, kClosedForm);
  double weighted = 0;
  for (int64_t k = 0; k < p.classes; ++k)
    weighted += auc[static_cast<size_t>(k)] * static_cast<double>(confusion.support(k)) /
                static_cast<double>(confusion.total());
  offer("sklearn_roc_auc_ovr_macro", mean_of_defined(auc));
  offer("sklearn_roc_auc_ovr_weighted", weighted);
  offer("sklearn_roc_auc_ovo_macro", roc_auc_one_vs_one(p, truth, false));
  offer("sklearn_roc_auc_ovo_weighted", roc_auc_one_vs_one(p, truth, true));
}

void check_multiclass(const ExpectedCase& c, ExpectedReport& report) {
  const auto truth = c.input_integers("y_true"), predicted = c.input_integers("y_pred");
  const auto values = c.input_doubles("probabilities");
  const ClassProbabilities p{values, c.input("probabilities").shape.at(1)};
  const Confusion confusion(truth, predicted, p.classes);
  const auto offer = [&](const std::string& key, const Json& value) { report.offer_json(key, value, kClosedForm); };
  offer_confusion(confusion, offer);
  report.offer_integers("confusion", confusion.counts());
  if (const Json* expected = c.expected_json("top_k")) {
    Json top = Json::object();
    for (const auto& [k, value] : expected->items()) top[k] = top_k_accuracy(p, truth, std::stoll(k));
    offer("top_k", top);
  }
  offer_one_vs_rest(p, truth, confusion, report);
  offer("log_loss", log_loss(p, truth));
  offer("brier", brier_score(p, truth));
  offer("ece_top_label", json_of(top_label_calibration(p, truth, bins_of(c, "ece_top_label"))));
}

void check_ties(const ExpectedCase& c, ExpectedReport& report) {
  const auto truth = c.input_integers("y_true");
  const auto values = c.input_doubles("scores");
  const ClassProbabilities scores{values, c.input("scores").shape.at(1)};
  const Json* expected = c.expected_json("rules");
  if (!expected) return;
  Json rules = Json::object();
  for (const auto& [k, of_k] : expected->items())
    for (const auto& [name, rule] : {std::pair{"lower_id_first", TieRule::lower_id_first},
                                     {"optimistic", TieRule::optimistic},
                                     {"pessimistic", TieRule::pessimistic},
                                     {"expected_random", TieRule::expected_random},
                                     {"sklearn", TieRule::higher_id_first}})
      rules[k][name] = top_k_accuracy(scores, truth, std::stoll(k), rule);
  report.offer_json("rules", rules, kClosedForm);
}

Json json_of(const MultilabelFigures::Prf& f) {
  return {{"precision", f.precision}, {"recall", f.recall}, {"f1", f.f1}};
}

void offer_labels(const LabelMatrix& truth, const LabelMatrix& predicted, ExpectedReport& report) {
  const MultilabelFigures f = multilabel_figures(truth, predicted);
  const auto offer = [&](const std::string& key, const Json& value) { report.offer_json(key, value, kClosedForm); };
  offer("subset_accuracy", f.subset_accuracy);
  offer("hamming_loss", f.hamming_loss);
  offer("jaccard_samples", f.jaccard);
  offer("micro", json_of(f.micro));
  offer("macro", json_of(f.macro));
  offer("weighted", json_of(f.weighted));
  offer("samples", json_of(f.samples));
  Json per_label = {{"precision", Json::array()}, {"recall", Json::array()}, {"f1", Json::array()}};
  for (const auto& l : f.per_label) {
    per_label["precision"].push_back(l.precision);
    per_label["recall"].push_back(l.recall);
    per_label["f1"].push_back(l.f1);
  }
  offer("per_label", per_label);
  std::vector<int64_t> counts;
  for (const LabelCounts& l : label_counts(truth, predicted))
    counts.insert(counts.end(), {l.true_negative, l.false_positive, l.false_negative, l.true_positive});
  report.offer_integers("multilabel_confusion", counts);
}

void check_multilabel(const ExpectedCase& c, ExpectedReport& report) {
  const auto truth = flags_of(c.input_integers("y_true")), predicted = flags_of(c.input_integers("y_pred"));
  const auto scores = c.input_doubles("scores");
  const int64_t labels = c.input("y_true").shape.at(1);
  const LabelMatrix y{truth, labels};
  offer_labels(y, {predicted, labels}, report);
  std::vector<double> ap, auc;
  for (int64_t l = 0; l < labels; ++l) {
    std::vector<uint8_t> positive;
    std::vector<double> own;
    for (int64_t i = 0; i < y.items(); ++i) {
      positive.push_back(y.at(i, l));
      own.push_back(scores[static_cast<size_t>(i * labels + l)]);
    }
    ap.push_back(average_precision(positive, own));
    auc.push_back(roc_auc(positive, own));
  }
  double with_zeros = 0;
  for (const double a : ap) with_zeros += std::isnan(a) ? 0 : a / static_cast<double>(labels);
  const auto offer = [&](const std::string& key, const Json& value) { report.offer_json(key, value, kClosedForm); };
  offer("average_precision_per_label", ap);
  offer("map_over_labels_with_positives", mean_of_defined(ap));
  offer("map_sklearn_macro_missing_as_zero", with_zeros);
  offer("average_precision_micro", average_precision(truth, scores));
  offer("roc_auc_per_label", auc);
  offer("roc_auc_macro_over_defined", mean_of_defined(auc));
  offer("roc_auc_micro", roc_auc(truth, scores));
  const LabelRanking ranking = label_ranking(y, scores);
  offer("label_ranking_average_precision", ranking.average_precision);
  offer("coverage_error", ranking.coverage_error);
  offer("label_ranking_loss", ranking.loss);
  offer("brier_mean_over_cells", binary_brier(scores, truth));
  offer("binary_cross_entropy_mean_over_cells", binary_log_loss(scores, truth));
}

}  // namespace

ExpectedKind classification_kind() {
  return metric_kind("classification", {{"roc_fpr", check_binary},
                                        {"rows", check_rows},
                                        {"rules", check_ties},
                                        {"subset_accuracy", check_multilabel},
                                        {"probabilities", check_multiclass},
                                        {"log_loss", check_clipped_loss}});
}

}  // namespace sensorium
