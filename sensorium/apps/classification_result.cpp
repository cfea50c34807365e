#include "sensorium/apps/classification_result.h"

#include "sensorium/eval/bootstrap.h"

#include <algorithm>
#include <cmath>

namespace sensorium {
namespace {

std::vector<int64_t> most_probable(const ClassProbabilities& p) {
  std::vector<int64_t> best;
  for (int64_t i = 0; i < p.items(); ++i) {
    const auto row = p.row(i);
    best.push_back(std::max_element(row.begin(), row.end()) - row.begin());
  }
  return best;
}

std::string with_interval(double value, const Interval& i) {
  return fmt::format("{:.2f} [{:.2f}, {:.2f}]", 100 * value, 100 * i.low, 100 * i.high);
}

std::string or_dash(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:.4f}", value);
}

}  // namespace

ClassificationResult evaluate_classified(const Classified& data, int replicates, uint64_t seed) {
  if (data.truth.empty()) throw InputError("evaluate classify", "expected items with a label, got none");
  const ClassProbabilities p = data.rows();
  std::vector<int64_t> predicted = most_probable(p);
  const auto classes = static_cast<int64_t>(data.classes.size());
  const auto intervals =
      bootstrap_95({p.items(), replicates, seed}, [&](std::span<const int64_t> items) -> std::vector<double> {
        std::vector<int64_t> truth, guess;
        for (const int64_t i : items) {
          truth.push_back(data.truth[static_cast<size_t>(i)]);
          guess.push_back(predicted[static_cast<size_t>(i)]);
        }
        const Confusion c(truth, guess, classes);
        return {c.accuracy(), c.balanced_accuracy()};
      });
  ClassificationResult r{.confusion = Confusion(data.truth, predicted, classes),
                         .predicted = {},
                         .accuracy = intervals[0],
                         .balanced_accuracy = intervals[1],
                         .roc_auc = {},
                         .average_precision = {},
                         .calibration = {}};
  r.accuracy_at_5 = top_k_accuracy(p, data.truth, 5);
  r.log_loss = log_loss(p, data.truth);
  r.brier = brier_score(p, data.truth);
  r.roc_auc = roc_auc_per_class(p, data.truth);
  r.average_precision = average_precision_per_class(p, data.truth);
  r.calibration = top_label_calibration(p, data.truth);
  r.predicted = std::move(predicted);
  return r;
}

std::string to_table(const ClassificationResult& r) {
  const Confusion& c = r.confusion;
  std::string text = fmt::format("{} items, {} classes\n", c.total(), c.classes());
  const auto line = [&](const char* name, const std::string& value) { text += fmt::format("{:<22}{}\n", name, value); };
  line("accuracy %", with_interval(c.accuracy(), r.accuracy));
  line("balanced accuracy %", with_interval(c.balanced_accuracy(), r.balanced_accuracy));
  line("accuracy at 5 %", fmt::format("{:.2f}", 100 * r.accuracy_at_5));
  const ClassFigures macro = c.macro(), weighted = c.weighted();
  line("precision macro", fmt::format("{:.4f}   weighted {:.4f}", macro.precision, weighted.precision));
  line("recall macro", fmt::format("{:.4f}   weighted {:.4f}", macro.recall, weighted.recall));
  line("F1 macro", fmt::format("{:.4f}   weighted {:.4f}", macro.f1, weighted.f1));
  line("ROC AUC, mean", or_dash(mean_of_defined(r.roc_auc)));
  line("average precision", or_dash(mean_of_defined(r.average_precision)));
  line("log loss", fmt::format("{:.4f}", r.log_loss));
  line("Brier score", fmt::format("{:.4f}", r.brier));
  line("calibration error",
       fmt::format("{:.4f}   largest {:.4f}", r.calibration.expected_error, r.calibration.largest_error));
  line("kappa", or_dash(c.kappa()));
  line("Matthews", fmt::format("{:.4f}", c.matthews()));
  return text;
}

OrderedJson to_metrics(const ClassificationResult& r) {
  const Confusion& c = r.confusion;
  const ClassFigures micro = c.micro(), macro = c.macro(), weighted = c.weighted();
  const auto figures = [](const ClassFigures& f) {
    return OrderedJson{{"precision", f.precision}, {"recall", f.recall}, {"f1", f.f1}};
  };
  return {{"acc1", c.accuracy()},
          {"acc1_95", {r.accuracy.low, r.accuracy.high}},
          {"acc5", r.accuracy_at_5},
          {"mean_per_class_recall", c.balanced_accuracy()},
          {"mean_per_class_recall_95", {r.balanced_accuracy.low, r.balanced_accuracy.high}},
          {"micro", figures(micro)},
          {"macro", figures(macro)},
          {"weighted", figures(weighted)},
          {"roc_auc", mean_of_defined(r.roc_auc)},
          {"mean_average_precision", mean_of_defined(r.average_precision)},
          {"log_loss", r.log_loss},
          {"brier", r.brier},
          {"ece", r.calibration.expected_error},
          {"mce", r.calibration.largest_error},
          {"kappa", c.kappa()},
          {"mcc", c.matthews()}};
}

void write_classified_items(const fs::path& file, const OrderedJson& header, const Classified& data,
                            const ClassificationResult& r) {
  OrderedJson own{{"task", "classification"}, {"classes", data.classes}};
  own.update(header);
  ItemWriter writer(file, own);
  for (size_t i = 0; i < data.truth.size(); ++i) {
    const auto row = data.rows().row(static_cast<int64_t>(i));
    const auto truth = static_cast<size_t>(data.truth[i]);
    EvaluatedItem item{data.ids[i], {}, data.classes[truth], {row.begin(), row.end()}};
    item.figures["correct"] = r.predicted[i] == data.truth[i];
    item.figures["log_loss"] = -std::log(std::max(row[truth], 0x1p-52));
    writer.add(item);
  }
  writer.commit();
}

Classified classified_from(const ItemFile& items, const std::string& source) {
  if (items.classes.empty())
    throw InputError("evaluate classify", "{}: expected \"classes\" in the header, got none", source);
  Classified data;
  data.classes = items.classes;
  for (const EvaluatedItem& item : items.items) {
    const auto at = std::find(items.classes.begin(), items.classes.end(), item.label);
    if (at == items.classes.end())
      throw InputError("evaluate classify", "{}: expected one of the classes as label of \"{}\", got \"{}\"", source,
                       item.id, item.label);
    if (item.scores.empty())
      throw InputError("evaluate classify", "{}: expected scores for \"{}\", got none", source, item.id);
    data.ids.push_back(item.id);
    data.truth.push_back(at - items.classes.begin());
    data.probabilities.insert(data.probabilities.end(), item.scores.begin(), item.scores.end());
  }
  return data;
}

}  // namespace sensorium
