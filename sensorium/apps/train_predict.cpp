#include "sensorium/apps/classification_result.h"
#include "sensorium/apps/train_classifier.h"
#include "sensorium/io/npy.h"
#include "sensorium/train/classifier_trainer.h"

#include <torch/torch.h>

#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium train predict",
    "What a classifier trained by `train classifier` says of the items of a table: its accuracy with a 95 % bootstrap\n"
    "interval; with --items a file for `evaluate classify --predictions` and `evaluate compare`, with --output class\n"
    "probabilities for `fuse`, with --embeddings the joint representation. An empty cell says that the item lacks a\n"
    "modality; --without hides one from all.",
    "sensorium train predict --model out/classifier/best --data items.csv --split test --items test.jsonl\n"
    "sensorium train predict --model out/classifier/best --data items.csv --without voice"};

struct Options {
  AnswerOptions answer;
  std::string items, output, embeddings;
  int bootstrap = 1000;
  uint64_t seed = 0;
  bool json = false;
  void describe(OptionSet& o) {
    o.field("model", answer.model, "folder of a checkpoint: best/ of a run").required();
    o.field("data", answer.data, "table of items (.csv or .tsv with a header)").required();
    o.field("label", answer.label, "column of classes");
    o.field("split_column", answer.split_column, "column of splits");
    o.field("split", answer.split, "split to look at; empty: all items");
    o.field("source", answer.sources, "NAME=SOURCE: another column or .npy file for a modality than in training");
    o.field("without", answer.without, "modalities that are hidden");
    o.field("id", answer.id, "column that names items; none: their numbers in the table, from 1");
    o.field("items", items, "write each item's class probabilities (JSON lines)");
    o.field("output", output, "write class probabilities (.npy)");
    o.field("embeddings", embeddings, "write joint representations (.npy)");
    o.field("bootstrap", bootstrap, "resamples for the intervals").range(2, 1000000);
    o.field("seed", seed, "of the resamples");
    o.field("json", json, "print JSON");
  }
};

void write_rows(const std::string& file, const torch::Tensor& rows) {
  const torch::Tensor values = rows.to(torch::kFloat).contiguous();
  NpyWriter writer(file, static_cast<size_t>(values.size(1)));
  writer.write_rows({values.const_data_ptr<float>(), static_cast<size_t>(values.numel())});
  writer.commit();
}

Classified classified(const ClassifierAnswers& answers) {
  Classified data;
  data.classes = answers.classes;
  data.truth = answers.labels;
  const double* p = answers.probabilities.const_data_ptr<double>();
  data.probabilities.assign(p, p + answers.probabilities.numel());
  data.ids = answers.ids;
  return data;
}

}  // namespace

int run_train_predict(const std::vector<std::string>& words) {
  Options options;
  OptionSet set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  const ClassifierAnswers answers = classify_items(options.answer);
  const Classified data = classified(answers);
  const ClassificationResult result = evaluate_classified(data, options.bootstrap, options.seed);
  const OrderedJson facts{{"model", options.answer.model}, {"without", options.answer.without}};
  if (!options.items.empty()) write_classified_items(options.items, facts, data, result);
  if (!options.output.empty()) write_rows(options.output, answers.probabilities);
  if (!options.embeddings.empty()) write_rows(options.embeddings, answers.joint);
  if (options.json)
    fmt::print("{}\n", to_metrics(result).dump(2));
  else
    fmt::print("{}", to_table(result));
  return 0;
}

}  // namespace sensorium
