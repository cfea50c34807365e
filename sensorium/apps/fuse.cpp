#include "sensorium/apps/fuse.h"

#include "sensorium/apps/classification_result.h"
#include "sensorium/apps/feature_views.h"
#include "sensorium/apps/fuse_lists.h"
#include "sensorium/apps/report_content.h"
#include "sensorium/base/options.h"
#include "sensorium/base/rng.h"
#include "sensorium/classic/products.h"
#include "sensorium/serve/model/feature_model.h"

#include <cstdio>

namespace sensorium {
namespace {

using classic::Index;
using classic::Matrix;

constexpr int kReplicates = 1000;  // of the bootstrap

const CommandInfo kInfo{
    "sensorium fuse",
    "Makes one decision of several modalities. From features and labels it learns a classifier (early: features side "
    "by\n"
    "side; late: one a modality, weighted; stacking) and tells each modality's accuracy beside it; from class "
    "probabilities\n"
    "it makes one table; from ranked lists one list. A row of NaN alone says that the item lacks that modality.",
    "sensorium fuse photos.npy sounds.npy --labels train.txt --test test_photos.npy test_sounds.npy --test-labels "
    "test.txt\n"
    "sensorium fuse a.npy b.npy --method product --output fused.npy\n"
    "sensorium fuse words.txt pictures.txt --method rrf"};

struct Options {
  std::vector<std::string> views, test, encoders;
  std::vector<double> weights;
  std::string labels, test_labels, method = "early", output, items, report;
  double c = 1;
  int folds = 5, threads = 0;
  uint64_t seed = 0;
  bool raw = false, json = false;
  void describe(OptionSet& o) {
    o.field("views", views,
            "features or probabilities (.npy, .csv, .tsv, .jsonl), or lists (.txt: an item a line, best first, "
            "a tab and its score after it)")
        .positional()
        .required();
    o.field("method", method,
            "early, late, stacking: features and --labels; soft to median: probabilities; rrf to interleave: lists")
        .one_of({"early", "late", "stacking", "soft", "hard", "product", "max", "min", "median", "rrf", "borda",
                 "combsum", "combmnz", "interleave"});
    o.field("labels", labels, "file with a label an item; with soft and product, weights are learnt from it");
    o.field("weights", weights, "of the modalities; equal if none are given").range(0, 1e300);
    o.field("c", c, "how little the classifiers' weights are penalised").range(1e-12, 1e12);
    o.field("raw", raw, "do not bring columns to mean 0 and deviation 1 first");
    o.field("folds", folds, "parts of the items: each is judged by classifiers of the others, for weights and stacking")
        .range(2, 1000);
    o.field("seed", seed, "deals the items to the folds");
    o.field("test", test, "files of held-out items, one for each view");
    o.field("test_labels", test_labels, "their labels");
    o.field("encoders", encoders, "checkpoint folders that made the views, kept with the model for classify");
    o.field("output", output, "folder for the model, with plots; .npy for probabilities");
    o.field("items", items, "write each judged item's class probabilities, for evaluate classify and compare");
    o.field("report", report, "write a page on the judged items: confusion, ROC, reliability (HTML)");
    o.field("threads", threads, "threads, 0 for one a processor").range(0, 1024);
    o.field("json", json, "print JSON");
  }
};

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
    if (there.empty()) throw InputError(kInfo.name, "expected an item that has view {}, got none", v + 1);
    const classic::Concatenation one = classic::fit_concatenation({views.values[v](there, Eigen::all)}, !raw);
    all.means.push_back(one.means[0]);
    if (!raw) all.scalers.push_back(one.scalers[0]);
  }
  return all;
}

FeatureClassifier fit_classifier(const Options& options, const PartialViews& views, const Labels& labels) {
  FeatureClassifier c;
  c.method = options.method;
  c.classes = labels.classes;
  c.early = fit_scaling(views, options.raw);
  const std::vector<Matrix> x = scaled(c.early, views);
  if (options.method == "early") {
    Matrix all(x[0].rows(), 0);
    for (const Matrix& view : x) {
      Matrix wider(all.rows(), all.cols() + view.cols());
      wider << all, view;
      all = std::move(wider);
    }
    c.single = classic::fit_logistic(all, labels.ids, options.c);
    return c;
  }
  const classic::Stacking s =
      classic::fit_stacking(x, labels.ids, deal(labels.ids, options.folds, options.seed), options.c);
  c.base = s.base;
  c.single = s.meta;
  if (options.method == "late") {
    classic::ModelProbabilities judged;
    const auto classes = static_cast<Index>(labels.classes.size());
    for (size_t v = 0; v < x.size(); ++v)
      judged.push_back(s.out_of_fold.middleCols(static_cast<Index>(v) * classes, classes));
    c.weights =
        options.weights.empty() ? classic::learn_weights(judged, labels.ids) : classic::vector_of(options.weights);
  }
  return c;
}

/// Each modality's own classifier, for comparison.
std::vector<double> single_accuracies(const Options& options, const FeatureClassifier& c, const PartialViews& train,
                                      const Labels& labels, const PartialViews& test, const Labels& test_labels) {
  const std::vector<Matrix> x = scaled(c.early, train), held_out = scaled(c.early, test);
  std::vector<double> found;
  for (size_t v = 0; v < x.size(); ++v)
    found.push_back(classic::accuracy(classic::fit_logistic(x[v], labels.ids, options.c).probabilities(held_out[v]),
                                      test_labels.ids));
  return found;
}

/// What --items and --report say, and the plots of a model's folder.
std::map<std::string, std::string> judge(const Options& options, const Matrix& probabilities, const Labels& labels) {
  Classified data;
  data.classes = labels.classes;
  data.truth = labels.ids;
  for (Index i = 0; i < probabilities.rows(); ++i) {
    data.ids.push_back(std::to_string(i + 1));
    for (Index c = 0; c < probabilities.cols(); ++c) data.probabilities.push_back(probabilities(i, c));
  }
  const ClassificationResult result = evaluate_classified(data, kReplicates, options.seed);
  if (!options.items.empty())
    write_classified_items(options.items, {{"method", options.method}, {"views", options.views}}, data, result);
  if (!options.report.empty())
    write_file(options.report, render_classification("Fusion of " + fmt::format("{}", fmt::join(options.views, ", ")),
                                                     {{"method", options.method},
                                                      {"items", fmt::format("{}", data.ids.size())},
                                                      {"machine", machine_text()}},
                                                     data, result));
  return classification_plots(data, result);
}

void print_facts(const Options& options, const OrderedJson& facts) {
  if (options.json) {
    fmt::print("{}\n", facts.dump(2));
    return;
  }
  fmt::print("{} fusion of {} modalities, {} items, {} classes\n", options.method, options.views.size(),
             facts["items"].get<size_t>(), facts["classes"].get<size_t>());
  if (facts.contains("weights"))
    fmt::print("weights {:.4f}\n", fmt::join(facts["weights"].get<std::vector<double>>(), " "));
  const std::string where = facts["measured_on"].get<std::string>();
  const auto singles = facts["single_accuracies"].get<std::vector<double>>();
  for (size_t v = 0; v < singles.size(); ++v) fmt::print("{:6.2f} %  {} alone\n", 100 * singles[v], options.views[v]);
  fmt::print("{:6.2f} %  fused ({})\n", 100 * facts["accuracy"].get<double>(), where);
  if (!facts.contains("without")) return;
  const auto without = facts["without"].get<std::vector<double>>();
  for (size_t v = 0; v < without.size(); ++v)
    fmt::print("{:6.2f} %  fused, without {}\n", 100 * without[v], options.views[v]);
}

int fuse_features(const Options& options) {
  if (options.labels.empty())
    throw UsageError(kInfo.name, "expected --labels with --method {}, got none", options.method);
  if (options.test.empty() != options.test_labels.empty() ||
      (!options.test.empty() && options.test.size() != options.views.size()))
    throw UsageError(kInfo.name, "expected --test-labels and a --test file for each of {} views, got {} files",
                     options.views.size(), options.test.size());
  const PartialViews train = partial_views(open_views(options.views));
  const Labels labels = read_label_file(options.labels);
  for (size_t v = 0; v < train.values.size(); ++v)
    if (train.values[v].rows() != static_cast<Index>(labels.ids.size()))
      throw InputError(kInfo.name, "{}: expected {} rows as there are labels, got {}", options.views[v],
                       labels.ids.size(), train.values[v].rows());
  FeatureModel model;
  model.method = "fuse_" + options.method;
  model.unit_length = false;
  model.classifier = fit_classifier(options, train, labels);
  const bool held_out = !options.test.empty();
  const PartialViews test = held_out ? partial_views(open_views(options.test)) : train;
  const Labels test_labels = held_out ? read_label_file(options.test_labels, labels.classes) : labels;
  const auto score = [&](const std::vector<std::vector<uint8_t>>& present) {
    return classic::accuracy(model.classifier->probabilities(test.values, present), test_labels.ids);
  };
  model.facts = {{"method", options.method},
                 {"items", labels.ids.size()},
                 {"classes", labels.classes.size()},
                 {"measured_on", held_out ? "held-out items" : "the items it was fitted on"},
                 {"single_accuracies", single_accuracies(options, *model.classifier, train, labels, test, test_labels)},
                 {"accuracy", score(test.present)}};
  if (model.classifier->weights.size())
    model.facts["weights"] = std::vector<double>(model.classifier->weights.begin(), model.classifier->weights.end());
  if (options.views.size() > 1) {
    std::vector<double> without;
    for (size_t v = 0; v < options.views.size(); ++v) {
      auto present = test.present;
      std::fill(present[v].begin(), present[v].end(), uint8_t{0});
      without.push_back(score(present));
    }
    model.facts["without"] = without;
  }
  for (const Matrix& view : train.values) {
    FeatureMap map;
    map.width = view.cols();
    model.maps.push_back(std::move(map));
  }
  std::map<std::string, std::string> plots;
  if (!options.output.empty() || !options.items.empty() || !options.report.empty())
    plots = judge(options, model.classifier->probabilities(test.values, test.present), test_labels);
  if (!options.output.empty()) save_feature_model(options.output, model, options.encoders, plots);
  print_facts(options, model.facts);
  return 0;
}

int fuse_probabilities(const Options& options) {
  const PartialViews views = partial_views(open_views(options.views));
  classic::Vector weights = classic::vector_of(options.weights);
  std::optional<Labels> labels;
  if (!options.labels.empty()) {
    labels = read_label_file(options.labels);
    if (options.weights.empty() && (options.method == "soft" || options.method == "product"))
      weights = classic::learn_weights(views.values, labels->ids);
  }
  if (!views.complete && options.method != "soft")
    throw InputError(kInfo.name, "expected probabilities in every row with --method {}, got a row of NaN",
                     options.method);
  using classic::Pick;
  Matrix fused;
  if (options.method == "soft")
    fused = classic::soft_vote(views.values, weights, views.present);
  else if (options.method == "hard")
    fused = classic::hard_vote(views.values, weights).sums;
  else if (options.method == "product")
    fused = classic::product_fusion(views.values, weights);
  else
    fused = classic::pick_fusion(views.values, options.method == "max"   ? Pick::max
                                               : options.method == "min" ? Pick::min
                                                                         : Pick::median);
  if (!labels && (!options.items.empty() || !options.report.empty()))
    throw UsageError(kInfo.name, "expected --labels with --items and --report, got none");
  if (!options.items.empty() || !options.report.empty()) judge(options, fused, *labels);
  if (!options.output.empty()) write_npy(options.output, fused);
  OrderedJson facts{{"method", options.method}, {"items", fused.rows()}, {"classes", fused.cols()}};
  if (weights.size()) facts["weights"] = std::vector<double>(weights.begin(), weights.end());
  if (labels) facts["accuracy"] = classic::accuracy(fused, labels->ids);
  if (options.json) {
    fmt::print("{}\n", facts.dump(2));
    return 0;
  }
  fmt::print("{} fusion of {} tables, {} items, {} classes\n", options.method, views.values.size(), fused.rows(),
             fused.cols());
  if (weights.size()) fmt::print("weights {:.4f}\n", fmt::join(weights, " "));
  if (labels) fmt::print("{:6.2f} %  fused\n", 100 * facts["accuracy"].get<double>());
  return 0;
}

}  // namespace

int run_fuse(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  classic::set_num_threads(options.threads);
  const auto is_one_of = [&](std::initializer_list<const char*> names) {
    return std::find(names.begin(), names.end(), options.method) != names.end();
  };
  if (is_one_of({"early", "late", "stacking"})) return fuse_features(options);
  if (is_one_of({"soft", "hard", "product", "max", "min", "median"})) return fuse_probabilities(options);
  print_fused_lists(options.views, options.method, options.weights, options.json);
  return 0;
}

}  // namespace sensorium
