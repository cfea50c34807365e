#include "sensorium/apps/fuse.h"

#include "sensorium/apps/classification_result.h"
#include "sensorium/apps/fuse_data.h"
#include "sensorium/apps/fuse_lists.h"
#include "sensorium/apps/report_content.h"
#include "sensorium/base/options.h"
#include "sensorium/classic/products.h"

#include <cstdio>
#include <filesystem>
#include <set>

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
    "sensorium fuse --data data/stamps --label tag --picture-encoder resnet-50 --text-encoder minilm --sound speech "
    "\\\n"
    "    --languages fr --c 0.001 0.01 0.1 --method late --output out/fused\n"
    "sensorium fuse a.npy b.npy --method product --output fused.npy\n"
    "sensorium fuse words.txt pictures.txt --method rrf"};

struct Options {
  std::vector<std::string> views, test, encoders;
  std::vector<double> weights;
  std::string labels, test_labels, method = "early", output, items, report;
  std::vector<double> c = {1};
  int folds = 5, threads = 0;
  uint64_t seed = 0;
  bool raw = false, json = false;
  FusePlan plan;
  void describe(OptionSet& o) {
    o.field("views", views,
            "features or probabilities (.npy, .csv, .tsv, .jsonl), or lists (.txt: an item a line, best first, "
            "a tab and its score after it)")
        .positional();
    plan.describe(o);
    o.field("method", method,
            "early, late, stacking: features and --labels; soft to median: probabilities; rrf to interleave: lists")
        .one_of({"early", "late", "stacking", "soft", "hard", "product", "max", "min", "median", "rrf", "borda",
                 "combsum", "combmnz", "interleave"});
    o.field("labels", labels, "file with a label an item; with soft and product, weights are learnt from it");
    o.field("weights", weights, "of the modalities; equal if none are given").range(0, 1e300);
    o.field("c", c,
            "how little the classifiers' weights are penalised; of several, the one is taken for each classifier that "
            "judges held-out folds best")
        .range(1e-12, 1e12);
    o.field("raw", raw, "do not bring columns to mean 0 and deviation 1 first");
    o.field(
         "folds", folds,
         "parts of the items: each is judged by classifiers of the others, for weights, stacking and the choice of --c")
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

/// What --items and --report say, and the plots of a model's folder.
std::map<std::string, std::string> judge(const Options& options, const Matrix& probabilities, const Labels& labels,
                                         const std::vector<std::string>& ids, const std::vector<std::string>& views) {
  Classified data;
  data.classes = labels.classes;
  data.truth = labels.ids;
  data.ids = ids;
  for (Index i = 0; i < probabilities.rows(); ++i)
    for (Index c = 0; c < probabilities.cols(); ++c) data.probabilities.push_back(probabilities(i, c));
  const ClassificationResult result = evaluate_classified(data, kReplicates, options.seed);
  if (!options.items.empty())
    write_classified_items(options.items, {{"method", options.method}, {"views", views}}, data, result);
  if (!options.report.empty())
    write_file(options.report, render_classification("Fusion of " + fmt::format("{}", fmt::join(views, ", ")),
                                                     {{"method", options.method},
                                                      {"items", fmt::format("{}", data.ids.size())},
                                                      {"machine", machine_text()}},
                                                     data, result));
  return classification_plots(data, result);
}

void print_facts(const Options& options, const std::vector<std::string>& views, const OrderedJson& facts) {
  if (options.json) {
    fmt::print("{}\n", facts.dump(2));
    return;
  }
  fmt::print("{} fusion of {} modalities, {} items, {} classes\n", options.method, views.size(),
             facts["items"].get<size_t>(), facts["classes"].get<size_t>());
  if (facts.contains("weights"))
    fmt::print("weights {:.4f}\n", fmt::join(facts["weights"].get<std::vector<double>>(), " "));
  if (options.c.size() > 1) fmt::print("c {}\n", fmt::join(facts["c"].get<std::vector<double>>(), " "));
  const std::string where = facts["measured_on"].get<std::string>();
  const auto singles = facts["single_accuracies"].get<std::vector<double>>();
  for (size_t v = 0; v < singles.size(); ++v) fmt::print("{:6.2f} %  {} alone\n", 100 * singles[v], views[v]);
  fmt::print("{:6.2f} %  fused ({})\n", 100 * facts["accuracy"].get<double>(), where);
  if (!facts.contains("without")) return;
  const auto without = facts["without"].get<std::vector<double>>();
  for (size_t v = 0; v < without.size(); ++v) fmt::print("{:6.2f} %  fused, without {}\n", 100 * without[v], views[v]);
}

std::vector<std::string> numbered(size_t count) {
  std::vector<std::string> ids;
  for (size_t i = 0; i < count; ++i) ids.push_back(std::to_string(i + 1));
  return ids;
}

FuseItems read_items_of(const std::vector<std::string>& files, Labels labels) {
  FuseItems items{partial_views(open_views(files)), std::move(labels), {}};
  const size_t count = items.labels.ids.size();
  for (size_t v = 0; v < files.size(); ++v)
    if (items.views.values[v].rows() != static_cast<Index>(count))
      throw InputError(kInfo.name, "{}: expected {} rows as there are labels, got {}", files[v], count,
                       items.views.values[v].rows());
  items.ids = numbered(count);
  return items;
}

/// The files' names, or where two are the same their paths.
std::vector<std::string> view_names(const std::vector<std::string>& files) {
  std::vector<std::string> names;
  for (const std::string& file : files) names.push_back(std::filesystem::path(file).filename().string());
  return std::set<std::string>(names.begin(), names.end()).size() == files.size() ? names : files;
}

FuseInput read_feature_files(const Options& options) {
  if (options.labels.empty())
    throw UsageError(kInfo.name, "expected --labels with --method {}, got none", options.method);
  if (options.test.empty() != options.test_labels.empty() ||
      (!options.test.empty() && options.test.size() != options.views.size()))
    throw UsageError(kInfo.name, "expected --test-labels and a --test file for each of {} views, got {} files",
                     options.views.size(), options.test.size());
  FuseInput input{view_names(options.views), {}, read_items_of(options.views, read_label_file(options.labels)), {}};
  if (!options.test.empty())
    input.test = read_items_of(options.test, read_label_file(options.test_labels, input.train.labels.classes));
  return input;
}

int fuse_features(const Options& options) {
  const bool prepared = !options.plan.data.empty();
  if (prepared && !(options.views.empty() && options.labels.empty() && options.encoders.empty()))
    throw UsageError(kInfo.name, "expected --data without files, --labels and --encoders, got both");
  const FuseInput input = prepared ? embed_fuse_input(options.plan) : read_feature_files(options);
  std::vector<std::string> encoders = options.encoders;
  for (const FuseView& view : input.kinds) encoders.push_back(view.encoder);
  FusedClassifier fused = fit_fused_classifier(
      input, {options.method, options.c, options.weights, options.folds, options.seed, options.raw});
  const FuseItems& judged = input.test ? *input.test : input.train;
  std::map<std::string, std::string> plots;
  if (!options.output.empty() || !options.items.empty() || !options.report.empty())
    plots = judge(options, fused.probabilities, judged.labels, judged.ids, input.names);
  if (!options.output.empty()) save_feature_model(options.output, fused.model, encoders, plots);
  print_facts(options, input.names, fused.model.facts);
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
  if (!options.items.empty() || !options.report.empty())
    judge(options, fused, *labels, numbered(labels->ids.size()), options.views);
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
  options.plan.threads = options.threads;
  if (options.views.empty() && options.plan.data.empty())
    throw UsageError(kInfo.name, "expected files or --data, got neither");
  const auto is_one_of = [&](std::initializer_list<const char*> names) {
    return std::find(names.begin(), names.end(), options.method) != names.end();
  };
  if (is_one_of({"early", "late", "stacking"})) return fuse_features(options);
  if (!options.plan.data.empty())
    throw UsageError(kInfo.name, "expected --method early, late or stacking with --data, got {}", options.method);
  if (is_one_of({"soft", "hard", "product", "max", "min", "median"})) return fuse_probabilities(options);
  print_fused_lists(options.views, options.method, options.weights, options.json);
  return 0;
}

}  // namespace sensorium
