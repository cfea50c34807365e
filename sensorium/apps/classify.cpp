#include "sensorium/apps/classify.h"

#include "sensorium/apps/label_lines.h"
#include "sensorium/apps/trainer.h"
#include "sensorium/base/options.h"
#include "sensorium/eval/probability.h"
#include "sensorium/serve/model/feature_model.h"
#include "sensorium/serve/model/label_embeddings.h"
#include "sensorium/serve/model/picture_classifier.h"

#include <algorithm>
#include <cstdio>
#include <iterator>

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium classify",
    "Says what is on pictures: with a dual encoder any labels you name, with a ViT or ResNet classifier its own. A "
    "model\n"
    "of `fuse` also takes what is said of them and what is heard, and does without what is not\n"
    "there, the picture too. For what `train classifier` made, --model FOLDER --help lists other options.",
    "sensorium classify --model out/clip --labels cat,dog,car --template \"a photo of a {}\" pictures/\n"
    "sensorium classify --model resnet-50 photo.jpg\n"
    "sensorium classify --model out/fused photo.jpg --text \"a bird that sings\" --sound song.ogg"};

struct Options {
  std::string model, labels, text, sound;
  std::vector<std::string> templates, pictures;
  int top_k = 5, batch_size = 32;
  bool json = false;
  RuntimeOptions runtime;
  void describe(OptionSet& o) {
    o.field("model", model, "checkpoint folder").required();
    o.field("pictures", pictures, "pictures, and folders of them").positional();
    o.field("labels", labels, "a,b,c or a file with a label a line");
    o.field("template", templates, "texts with {} for the label; several are averaged");
    o.field("text", text, "what is said of the pictures, for a model of several modalities");
    o.field("sound", sound, "a recording that belongs to them, likewise");
    o.field("top_k", top_k, "labels shown a picture").range(1, 100000);
    o.field("batch_size", batch_size, "pictures a batch").range(1, 4096);
    runtime.describe(o);
    o.field("json", json, "print JSON, one object a picture");
  }
};

/// A list takes every word after its flag: files among the templates, which lack {}, are pictures.
void move_pictures_from_templates(Options& options) {
  const auto is_picture = [](const std::string& word) {
    std::error_code ignored;
    return word.find("{}") == std::string::npos && fs::exists(word, ignored);
  };
  std::copy_if(options.templates.begin(), options.templates.end(), std::back_inserter(options.pictures), is_picture);
  std::erase_if(options.templates, is_picture);
}

/// One picture's probabilities, printed.
void print_picture(const Options& options, const fs::path& picture, std::span<const double> probabilities,
                   std::span<const std::string> labels) {
  OrderedJson head;
  if (!picture.empty()) head["picture"] = picture.string();
  print_labels(picture.string(), std::move(head), probabilities, labels, options.top_k, options.json);
}

/// Labels and rule for one row of a model's output.
struct Judge {
  std::vector<std::string> labels;
  std::function<std::vector<double>(std::span<const float>)> probabilities;
};

void classify_all(const Options& options, const std::vector<fs::path>& pictures, const ImageProcessor& processor,
                  const PixelEncoder& encode, const Judge& judge) {
  Tally skipped;
  size_t done = 0;
  encode_pictures(walk_list(pictures), processor, encode,
                  {options.batch_size, options.runtime.threads, pictures.size()}, skipped, [&](PictureBatch&& batch) {
                    const size_t width = batch.rows.size() / batch.indices.size();
                    for (size_t i = 0; i < batch.indices.size(); ++i)
                      print_picture(options, pictures[batch.indices[i]],
                                    judge.probabilities({&batch.rows[i * width], width}), judge.labels);
                    done += batch.indices.size();
                  });
  warn_skipped(skipped);
  if (done == 0) throw InputError(kInfo.name, "expected a picture that can be read, got none of {}", pictures.size());
}

std::vector<double> softmax_of(std::span<const float> logits) {
  return softmax(std::vector<double>(logits.begin(), logits.end()));
}

void classify_with_classifier(const Options& options, const std::vector<fs::path>& pictures) {
  const PictureClassifier model = load_picture_classifier(options.model, options.runtime);
  classify_all(options, pictures, model.processor, model.encode_pixels, {model.labels, softmax_of});
}

void classify_with_fusion(const Options& options, const std::vector<fs::path>& pictures) {
  options.runtime.apply(options.model);
  const FusedClassifierModel model =
      load_fused_classifier(options.model, options.runtime, {options.text, options.sound});
  if (pictures.empty()) {
    Pixels none;
    none.count = 1;
    print_picture(options, {}, softmax_of(model.encode_pixels(none)), model.labels);
    return;
  }
  if (!model.processor)
    throw UsageError(kInfo.name, "{}: expected no pictures for a model without a view of them", options.model);
  classify_all(options, pictures, *model.processor, model.encode_pixels, {model.labels, softmax_of});
}

void classify_with_labels(const Options& options, const std::vector<fs::path>& pictures) {
  if (options.labels.empty()) throw UsageError(kInfo.name, "expected --labels with this model, got none");
  const auto labels = read_labels(options.labels);
  const auto templates = options.templates.empty() ? std::vector<std::string>{"a photo of a {}"} : options.templates;
  const Embedder model = load_embedder(options.model, options.runtime);
  require_texts(model, kInfo.name, options.model);
  require_pictures(model, kInfo.name, options.model);
  const auto rows = embed_labels(model, labels, templates, options.batch_size);
  const Judge judge{labels,
                    [&](std::span<const float> picture) { return label_probabilities(picture, rows, model.logits); }};
  classify_all(options, pictures, *model.processor, model.encode_pixels, judge);
}

}  // namespace

int run_classify(const std::vector<std::string>& words) {
  hand_on_trained_classifier("classify", words);
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  move_pictures_from_templates(options);
  const bool more = !options.text.empty() || !options.sound.empty();
  if (options.pictures.empty() && !more) throw UsageError(kInfo.name, "expected pictures, got none");
  const auto pictures = find_pictures(options.pictures);
  if (pictures.empty() && !options.pictures.empty())
    throw InputError(kInfo.name, "expected pictures in {}, got none", fmt::join(options.pictures, ", "));
  const bool own_labels = model_kind(options.model) == ModelKind::image_classifier;
  const bool fused = own_labels && is_feature_model(options.model);
  if (more && !fused)
    throw UsageError(kInfo.name, "{}: expected no --text and no --sound for a model of pictures", options.model);
  if (own_labels && (!options.labels.empty() || !options.templates.empty()))
    throw UsageError(kInfo.name, "{}: expected no --labels and no --template for a model with its own labels",
                     options.model);
  if (fused)
    classify_with_fusion(options, pictures);
  else if (own_labels)
    classify_with_classifier(options, pictures);
  else
    classify_with_labels(options, pictures);
  return 0;
}

}  // namespace sensorium
