#include "sensorium/apps/packable.h"

#include "sensorium/io/image_pipeline.h"
#include "sensorium/models/bert/sentence_encoder.h"
#include "sensorium/models/blip/blip_config.h"
#include "sensorium/models/bundle.h"
#include "sensorium/models/image_classifier.h"
#include "sensorium/serve/model/embedder.h"

#include <algorithm>

namespace sensorium {
namespace {

using rt::Tensor;
constexpr size_t kPictures = 64, kTexts = 256;

Packable dual_encoder(const fs::path& source, const Calibration& c) {
  const auto bundle = std::make_shared<const Bundle<Tensor>>(load_bundle<Tensor>(source));
  const Tensor pixels = calibration_pixels(c.pictures, bundle->image_processor, kPictures);
  const auto texts = calibration_texts(c.texts, kTexts);
  Packable p = packable_of(
      bundle, [](Bundle<Tensor>& b, WeightVisitor<Tensor>& v) { describe(b.model, b.model.config.layout, v); },
      [=](const Bundle<Tensor>& b) {
        const int64_t width = b.model.config.projection_dim;
        return std::vector<Rows>{
            {pixels.size(0) > 0 ? encode_image(b.model, pixels).to_float() : std::vector<float>(), width},
            {embed_texts(b, texts), width}};
      });
  p.layout = bundle->model.config.layout;
  return p;
}

Packable sentence_encoder(const fs::path& source, const Calibration& c) {
  const std::shared_ptr<const Tokenizer> tokenizer = load_tokenizer(source);
  const auto texts = calibration_texts(c.texts, kTexts);
  const auto model = std::make_shared<const SentenceEncoder<Tensor>>(load_sentence_encoder<Tensor>(source));
  Packable p = packable_of(
      model,
      [](SentenceEncoder<Tensor>& m, WeightVisitor<Tensor>& v) {
        describe(m.bert, Layout::hugging_face, std::string(), v);
      },
      [=](const SentenceEncoder<Tensor>& m) {
        if (texts.empty()) return std::vector<Rows>(1);
        const TokenBatch tokens = tokenizer->encode_batch(texts, {.max_length = m.config.max_length});
        return std::vector<Rows>{{encode_sentences(m, tokens).to_float(), m.config.bert.hidden_size}};
      });
  p.unmeasured = {"pooler.dense"};
  if (fs::exists(source / "modules.json"))
    p.write_more = [model](const fs::path& out) { write_sentence_modules(model->config, out); };
  return p;
}

Packable image_classifier(const fs::path& source, const Calibration& c) {
  const auto model = std::make_shared<const ImageClassifier<Tensor>>(load_image_classifier<Tensor>(source));
  const Tensor pixels = calibration_pixels(c.pictures, ImageProcessor::load(source), kPictures);
  Packable p = packable_of(
      model, [](ImageClassifier<Tensor>& m, WeightVisitor<Tensor>& v) { describe(m, v); },
      [=](const ImageClassifier<Tensor>& m) {
        if (pixels.size(0) == 0) return std::vector<Rows>(1);
        return std::vector<Rows>{
            {std::visit([&](const auto& tower) { return pool_pixels(tower, pixels).to_float(); }, m.tower),
             m.config.feature_width()}};
      });
  p.unmeasured = {model->config.head()};
  return p;
}

}  // namespace

Tensor calibration_pixels(const std::string& folder, const ImageProcessor& processor, size_t most) {
  std::vector<fs::path> files;
  if (!folder.empty()) files = find_pictures({folder});
  files.resize(std::min(files.size(), most));
  const auto pixels = std::make_shared<Pixels>(processor.pixels(files.size()));
  ImagePipeline pipeline(processor);
  for (size_t i = 0; i < files.size(); ++i) {
    const MappedFile bytes(files[i]);
    pipeline.run(bytes.bytes(), files[i].string(), pixels->picture(i));
  }
  return Tensor::of_pixels(pixels->bytes.data(), {pixels->count, 3, pixels->height, pixels->width}, *pixels->table,
                           pixels);
}

std::vector<std::string> calibration_texts(const std::string& file, size_t most) {
  std::vector<std::string> lines;
  if (!file.empty()) lines = read_lines(file);
  lines.resize(std::min(lines.size(), most));
  return lines;
}

Packable packable_model(const fs::path& source, const Calibration& calibration) {
  if (is_blip(source)) return packable_blip(source, calibration);
  switch (model_kind(source)) {
    case ModelKind::sentence_encoder:
      return sentence_encoder(source, calibration);
    case ModelKind::image_classifier:
      return image_classifier(source, calibration);
    case ModelKind::dual_encoder:
      break;
  }
  return dual_encoder(source, calibration);
}

}  // namespace sensorium
