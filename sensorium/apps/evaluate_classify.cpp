#include "sensorium/apps/evaluate_classify.h"

#include "sensorium/apps/classification_result.h"
#include "sensorium/apps/label_sets.h"
#include "sensorium/apps/leakage_gate.h"
#include "sensorium/apps/report_content.h"
#include "sensorium/base/options.h"
#include "sensorium/eval/probability.h"
#include "sensorium/serve/model/label_embeddings.h"
#include "sensorium/serve/model/picture_classifier.h"

#include <algorithm>
#include <cstdio>
#include <unordered_map>

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium evaluate classify",
    "Says how well pictures are told apart: accuracy, balanced accuracy, precision, recall, F1, ROC, calibration, "
    "with\n"
    "95 % bootstrap intervals. A dual encoder classifies between the labels in prompts (zero-shot), a ViT or ResNet\n"
    "between its own; --predictions takes what an earlier run saved.",
    "sensorium data prepare image-folder:flowers/ --out data/flowers\n"
    "sensorium evaluate classify --model out/clip --data data/flowers --split test --report flowers.html\n"
    "sensorium evaluate classify --model out/clip --data data/flowers --labels en_classnames.json --set flowers \\\n"
    "    --template en_zeroshot_classification_templates.json --by-order --items clip.jsonl\n"
    "sensorium evaluate classify --predictions clip.jsonl"};

struct Options {
  std::string model, data, split = "test", labels, label_set, predictions, items, report;
  std::vector<std::string> templates;
  int batch_size = 32, bootstrap = 1000;
  RuntimeOptions runtime;
  uint64_t seed = 0;
  bool by_order = false, allow_seen = false, json = false;
  void describe(OptionSet& o) {
    o.field("model", model, "checkpoint folder");
    o.field("data", data, "folder made by data prepare, of pictures with a label");
    o.field("split", split, "split of it");
    o.field("predictions", predictions, "items that an earlier run saved, instead of a model");
    o.field("labels", labels, "a,b,c, a file with a label a line, or class names of CLIP_benchmark (JSON)");
    o.field("set", label_set, "which set of the JSON files");
    o.field("template", templates, "texts with {} for the label, averaged; or templates of CLIP_benchmark (JSON)");
    o.field("by_order", by_order, "the data's labels in order of name are the labels in their order");
    o.field("items", items, "write what came out for each picture (JSON lines)");
    o.field("report", report, "write a page (HTML)");
    o.field("batch_size", batch_size, "pictures a batch").range(1, 4096);
    o.field("bootstrap", bootstrap, "resamples for the intervals").range(1, 1000000);
    o.field("seed", seed, "seed of the resamples");
    runtime.describe(o);
    o.field("allow_seen", allow_seen, "evaluate even on pictures that the model was trained on");
    o.field("json", json, "print JSON, as CLIP_benchmark writes it");
  }
};

struct LabelledPictures {
  std::vector<Record> records;
  std::vector<fs::path> files;
  std::vector<std::string> labels;  // that occur, sorted
};

LabelledPictures labelled_pictures(const Options& options) {
  LabelledPictures out;
  for_each_record(options.data, {{options.split}, {}, {}, false}, [&](Record&& r) {
    if (r.label.empty() || r.image.empty()) return;
    out.files.push_back(picture_path(options.data, r));
    out.labels.push_back(r.label);
    out.records.push_back(std::move(r));
  });
  if (out.records.empty())
    throw InputError("evaluate classify", "{}: expected pictures with a label in the split \"{}\", got none",
                     options.data, options.split);
  std::sort(out.labels.begin(), out.labels.end());
  out.labels.erase(std::unique(out.labels.begin(), out.labels.end()), out.labels.end());
  return out;
}

/// The class of each label of the data: that of its name, or of its place.
std::unordered_map<std::string, int64_t> classes_of(const Options& options, const std::vector<std::string>& classes,
                                                    const std::vector<std::string>& labels) {
  std::unordered_map<std::string, int64_t> out;
  if (options.by_order) {
    if (classes.size() != labels.size())
      throw UsageError(kInfo.name, "expected as many labels as the data has with --by-order, got {} for {}",
                       classes.size(), labels.size());
    for (size_t c = 0; c < labels.size(); ++c) out[labels[c]] = static_cast<int64_t>(c);
    return out;
  }
  for (size_t c = 0; c < classes.size(); ++c) out.emplace(classes[c], static_cast<int64_t>(c));
  for (const std::string& l : labels)
    if (!out.count(l))
      throw InputError("evaluate classify",
                       "{}: expected the data's labels among the {} classes, got \"{}\"; --by-order "
                       "matches them by place",
                       options.data, classes.size(), l);
  return out;
}

/// Labels and rule for a row of a model's output, and the model.
struct Judge {
  std::vector<std::string> classes;
  ImageProcessor processor;
  PixelEncoder encode;
  std::function<std::vector<double>(std::span<const float>)> probabilities;
};

Judge zero_shot_judge(const Options& options, const std::vector<std::string>& labels) {
  const Embedder model = load_embedder(options.model, options.runtime);
  require_texts(model, kInfo.name, options.model);
  require_pictures(model, kInfo.name, options.model);
  const auto classes = options.labels.empty() ? labels : read_label_set(options.labels, options.label_set);
  auto templates = read_template_set(options.templates, options.label_set);
  const auto rows = embed_labels(model, classes, templates, options.batch_size);
  LogitRule rule = model.logits;
  rule.pairwise = false;  // one label is right: a softmax for SigLIP too
  return {classes, *model.processor, model.encode_pixels,
          [rows, rule](std::span<const float> picture) { return label_probabilities(picture, rows, rule); }};
}

Judge classifier_judge(const Options& options) {
  if (!options.labels.empty() || !options.templates.empty())
    throw UsageError(kInfo.name, "{}: expected no --labels and no --template for a model with its own labels",
                     options.model);
  const PictureClassifier model = load_picture_classifier(options.model, options.runtime);
  return {model.labels, model.processor, model.encode_pixels,
          [](std::span<const float> logits) { return softmax(std::vector<double>(logits.begin(), logits.end())); }};
}

Classified classify_data(const Options& options, Tally& skipped) {
  const LabelledPictures pictures = labelled_pictures(options);
  refuse_seen_pictures(options.model, options.data, options.split, {}, options.allow_seen, false);
  const bool own_labels = model_kind(options.model) == ModelKind::image_classifier;
  const Judge judge = own_labels ? classifier_judge(options) : zero_shot_judge(options, pictures.labels);
  const auto truth = classes_of(options, judge.classes, pictures.labels);
  Classified data;
  data.classes = judge.classes;
  encode_pictures(walk_list(pictures.files), judge.processor, judge.encode,
                  {options.batch_size, options.runtime.threads, pictures.files.size()}, skipped,
                  [&](PictureBatch&& batch) {
                    const size_t width = batch.rows.size() / batch.indices.size();
                    for (size_t i = 0; i < batch.indices.size(); ++i) {
                      const Record& r = pictures.records[batch.indices[i]];
                      const auto p = judge.probabilities({&batch.rows[i * width], width});
                      data.ids.push_back(r.id);
                      data.truth.push_back(truth.at(r.label));
                      data.probabilities.insert(data.probabilities.end(), p.begin(), p.end());
                    }
                  });
  warn_skipped(skipped);
  if (data.ids.empty())
    throw InputError("evaluate classify", "{}: expected a picture that can be read, got none", options.data);
  return data;
}

void check(const Options& options) {
  const bool saved = !options.predictions.empty();
  if (saved == !options.model.empty() || saved == !options.data.empty())
    throw UsageError(kInfo.name, "expected --model and --data, or --predictions alone, got {}",
                     saved ? "both" : "neither");
}

}  // namespace

int run_evaluate_classify(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  check(options);
  Tally skipped;
  const Classified data = options.predictions.empty()
                              ? classify_data(options, skipped)
                              : classified_from(read_items(options.predictions), options.predictions);
  const ClassificationResult result = evaluate_classified(data, options.bootstrap, options.seed);
  const std::string model = options.predictions.empty() ? options.model : options.predictions;
  const std::string dataset = options.label_set.empty() ? options.data : options.label_set;
  if (!options.items.empty())
    write_classified_items(options.items, {{"model", model}, {"data", options.data}, {"split", options.split}}, data,
                           result);
  if (!options.report.empty())
    write_file(options.report,
               render_classification("How well " + fs::path(model).lexically_normal().string() + " tells classes apart",
                                     {{"model", model},
                                      {"data", fmt::format("{}, split {}", options.data, options.split)},
                                      {"classes", fmt::format("{}", data.classes.size())},
                                      {"machine", machine_text()}},
                                     data, result));
  if (options.json) {
    const OrderedJson json{{"dataset", dataset},
                           {"model", model},
                           {"pretrained", model},
                           {"task", "zeroshot_classification"},
                           {"metrics", to_metrics(result)},
                           {"items", data.ids.size()},
                           {"skipped", skipped.to_json()}};
    fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    fmt::print("{}", to_table(result));
    if (!options.report.empty()) fmt::print("report: {}\n", fs::absolute(options.report).lexically_normal().string());
  }
  return 0;
}

}  // namespace sensorium
