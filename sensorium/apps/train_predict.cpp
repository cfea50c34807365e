#include "sensorium/apps/train_classified.h"
#include "sensorium/apps/train_classifier.h"
#include "sensorium/apps/train_sweep.h"
#include "sensorium/base/options.h"
#include "sensorium/io/npy.h"

#include <torch/torch.h>

#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium train predict",
    "What a classifier trained by `train classifier` says of the items of a table: its accuracy with a 95 % bootstrap\n"
    "interval; with --items a file for `evaluate classify --predictions` and `evaluate compare`, with --output class\n"
    "probabilities for `fuse`, with --embeddings the joint representation. An empty cell says that the item lacks a\n"
    "modality; --without hides one from all. --sweep says instead what it costs to leave out each modality, and noise\n"
    "and blur of growing strength on it.",
    "sensorium train predict --model out/classifier/best --data items.csv --split test --items test.jsonl\n"
    "sensorium train predict --model out/classifier/best --data items.csv --without voice\n"
    "sensorium train predict --model out/classifier/best --data items.csv --sweep --noise 0.2 0.5 1"};

struct Options {
  std::string model, data, items, output, embeddings;
  ItemChoice choice{.label = "label", .split_column = "split", .split = "test", .id = ""};
  std::vector<std::string> sources, without;
  SweepOptions sweep;
  bool sweeps = false, json = false;
  void describe(OptionSet& o) {
    o.field("model", model, "folder of a checkpoint: best/ of a run").required();
    o.field("data", data, "table of items (.csv or .tsv with a header)").required();
    o.field("label", choice.label, "column of classes");
    o.field("split_column", choice.split_column, "column of splits");
    o.field("split", choice.split, "split to look at; empty: all items");
    o.field("source", sources, "NAME=SOURCE: another column or .npy file for a modality than in training");
    o.field("without", without, "modalities that are hidden");
    o.field("id", choice.id, "column that names items; none: their numbers in the table, from 1");
    o.field("items", items, "write each item's class probabilities (JSON lines)");
    o.field("output", output, "write class probabilities (.npy)");
    o.field("embeddings", embeddings, "write joint representations (.npy)");
    o.field("sweep", sweeps, "accuracy with each modality missing, noisy and blurred");
    o.field(
         "noise", sweep.noise,
         "strengths: deviations of the training data's columns (features, sounds), of a pixel's full range (pictures); "
         "shares of tokens that become others (texts)")
        .range(0, 100);
    o.field("blur", sweep.blur, "strengths: deviations in pixels of the model's input (pictures)").range(0, 100);
    o.field("bootstrap", sweep.bootstrap, "resamples for the intervals").range(2, 1000000);
    o.field("seed", sweep.seed, "of the resamples and the noise");
    o.field("json", json, "print JSON");
  }
};

void write_rows(const std::string& file, const torch::Tensor& rows) {
  const torch::Tensor values = rows.to(torch::kFloat).contiguous();
  NpyWriter writer(file, static_cast<size_t>(values.size(1)));
  writer.write_rows({values.const_data_ptr<float>(), static_cast<size_t>(values.numel())});
  writer.commit();
}

void print_sweep(const Options& options, const TrainedClassifier& model, const ClassifierItems& items) {
  const std::vector<SweepRow> rows = sweep_modalities(model, items, options.sweep);
  if (!options.json) {
    fmt::print("{}", to_table(rows));
    return;
  }
  OrderedJson json{{"model", options.model}, {"data", options.data}, {"split", options.choice.split}};
  json.update(to_json(rows));
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

int run_train_predict(const std::vector<std::string>& words) {
  Options options;
  OptionSet set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  if (options.sweeps && !(options.items.empty() && options.output.empty() && options.embeddings.empty()))
    throw UsageError("train predict", "expected no --items, --output or --embeddings with --sweep, got one");
  if (options.choice.label.empty()) throw UsageError("train predict", "expected a column for --label, got none");
  const TrainedClassifier model(options.model, options.sources, options.without);
  const ClassifierItems items = model.open(read_item_table(options.data), options.choice);
  if (options.sweeps) {
    print_sweep(options, model, items);
    return 0;
  }
  const ClassifierModel::Result answers = model(items);
  const Classified data = classified_items(model, items, answers);
  const ClassificationResult result = evaluate_classified(data, options.sweep.bootstrap, options.sweep.seed);
  const OrderedJson facts{{"model", options.model}, {"without", options.without}};
  if (!options.items.empty()) write_classified_items(options.items, facts, data, result);
  if (!options.output.empty()) write_rows(options.output, probabilities_of(answers));
  if (!options.embeddings.empty()) write_rows(options.embeddings, answers.joint);
  if (options.json)
    fmt::print("{}\n", to_metrics(result).dump(2));
  else
    fmt::print("{}", to_table(result));
  return 0;
}

}  // namespace sensorium
