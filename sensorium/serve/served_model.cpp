#include "sensorium/serve/served_model.h"

#include "sensorium/base/json.h"
#include "sensorium/models/model_hash.h"
#include "sensorium/serve/model/blip_match.h"
#include "sensorium/serve/model/feature_model.h"

#include <sys/stat.h>

#include <algorithm>

namespace sensorium {
namespace {

/// Rows of a batch back to their items.
template <class Item>
void hand_out(const std::vector<float>& rows, std::span<BatchItem* const> items) {
  const size_t width = rows.size() / items.size();
  for (size_t i = 0; i < items.size(); ++i) {
    const auto first = rows.begin() + static_cast<std::ptrdiff_t>(i * width);
    static_cast<Item*>(items[i])->row.assign(first, first + static_cast<std::ptrdiff_t>(width));
  }
}

class PixelLane : public BatchLane {
 public:
  PixelLane(const std::string& name, size_t most, PixelEncoder encode)
      : BatchLane(name, most), encode_(std::move(encode)) {}
  void run(std::span<BatchItem* const> items) override {
    if (items.size() == 1) return hand_out<PixelItem>(encode_(static_cast<PixelItem*>(items[0])->pixels), items);
    pixels_.clear();
    for (BatchItem* item : items) pixels_.append(static_cast<PixelItem*>(item)->pixels);
    hand_out<PixelItem>(encode_(pixels_), items);
  }

 private:
  PixelEncoder encode_;
  Pixels pixels_;
};

class TextLane : public BatchLane {
 public:
  TextLane(const std::string& name, size_t most, TextEncoder encode)
      : BatchLane(name, most), encode_(std::move(encode)) {}
  void run(std::span<BatchItem* const> items) override {
    std::vector<std::string> texts;
    for (BatchItem* item : items) texts.push_back(static_cast<TextItem*>(item)->text);
    hand_out<TextItem>(encode_(texts), items);
  }

 private:
  TextEncoder encode_;
};

class CallLane : public BatchLane {
 public:
  explicit CallLane(const std::string& name) : BatchLane(name, 1) {}
  void run(std::span<BatchItem* const> items) override { static_cast<CallItem*>(items[0])->call(); }
};

/// What the folder is, loaded: an embedder, a classifier, a writer, or more than one of them.
void load_parts(ServedModel& model, const RuntimeOptions& runtime) {
  const fs::path& folder = model.folder;
  if (is_blip(folder)) {
    const std::string source = (folder / "config.json").string();
    const BlipConfig config = parse_blip_config(read_json(source), source);
    model.kind = name_of(config.kind);
    const auto blip = std::make_shared<const BlipModel>(load_blip_model("serve", folder, {config.kind}, runtime));
    model.answers = config.kind == BlipKind::vqa;
    if (config.has_decoder()) model.writer = blip;
    if (config.kind != BlipKind::caption && config.kind != BlipKind::vqa) model.embedder = blip_embedder(blip);
    model.processor = blip->processor;
    return;
  }
  if (model_kind(folder) == ModelKind::image_classifier) {
    model.classifier = load_picture_classifier(folder, runtime);
    model.processor = model.classifier->processor;
    model.kind = "picture classifier";
    return;
  }
  model.embedder = load_embedder(folder, runtime);
  model.processor = model.embedder->processor;
  model.kind = model.embedder->kind == ModelKind::dual_encoder ? "dual encoder" : "sentence encoder";
}

void make_lanes(ServedModel& model, size_t max_batch) {
  if (model.classifier)
    model.pictures = std::make_shared<PixelLane>(model.name + ":pictures", max_batch, model.classifier->encode_pixels);
  if (model.embedder && model.embedder->encode_pixels)
    model.pictures = std::make_shared<PixelLane>(model.name + ":pictures", max_batch, model.embedder->encode_pixels);
  if (model.embedder && model.embedder->encode_texts)
    model.texts = std::make_shared<TextLane>(model.name + ":texts", max_batch, model.embedder->encode_texts);
  model.calls = std::make_shared<CallLane>(model.name + ":calls");
}

/// The card and the evaluation beside the weights, as far as they are there.
void read_papers(ServedModel& model) {
  std::error_code ignored;
  for (const char* file : {"README.md", "../README.md"})
    if (model.card.empty() && fs::is_regular_file(model.folder / file, ignored))
      model.card = read_file(model.folder / file, 1 << 20);
  for (const char* file : {"evaluation.json", "../evaluation.json"})
    if (model.evaluation.is_null() && fs::is_regular_file(model.folder / file, ignored))
      model.evaluation = OrderedJson::parse(read_file(model.folder / file, 1 << 20), nullptr, false);
  if (model.evaluation.is_discarded()) model.evaluation = nullptr;
  struct stat s {};
  if (::stat((model.folder / "config.json").c_str(), &s) == 0) model.created = s.st_mtime;
}

}  // namespace

std::vector<std::string> ServedModel::capabilities() const {
  std::vector<std::string> all;
  if (texts) all.emplace_back("text");
  if (embedder && pictures) all.emplace_back("picture");
  if (classifier || (texts && pictures)) all.emplace_back("classify");
  if (embedder && embedder->match) all.emplace_back("match");
  if (writer && !answers) all.emplace_back("caption");
  if (writer && answers) all.emplace_back("ask");
  return all;
}

bool ServedModel::can(const std::string& capability) const {
  const auto all = capabilities();
  return std::find(all.begin(), all.end(), capability) != all.end();
}

int64_t ServedModel::count_tokens(std::span<const std::string> list) const {
  int64_t n = 0;
  for (const std::string& text : list) n += tokenizer ? static_cast<int64_t>(tokenizer->encode(text).size()) : 0;
  return n;
}

std::shared_ptr<const ServedModel> load_served_model(const std::string& name, const fs::path& folder,
                                                     const RuntimeOptions& runtime, size_t max_batch,
                                                     const DecodeLimits& limits) {
  auto model = std::make_shared<ServedModel>();
  model->name = name;
  model->folder = folder;
  load_parts(*model, runtime);
  model->hash = model_hash(folder);
  if (model->processor) {
    DecodeOptions decode;
    decode.limits = limits;
    model->pipelines = std::make_unique<ImagePipelines>(*model->processor, decode);
  }
  if ((model->writer || (model->embedder && model->embedder->encode_texts)) && !is_feature_model(folder))
    model->tokenizer = load_tokenizer(folder);
  make_lanes(*model, max_batch);
  read_papers(*model);
  return model;
}

}  // namespace sensorium
