#include "sensorium/serve/model/feature_model.h"

#include "sensorium/io/sound_summary.h"

#include <tuple>

namespace sensorium {
namespace {

using classic::Index;
using classic::Matrix;

Matrix to_matrix(const std::vector<float>& values, Index width) {
  Matrix m(static_cast<Index>(values.size()) / width, width);
  std::copy(values.begin(), values.end(), m.data());
  return m;
}

std::vector<float> to_floats(Matrix m, bool unit_length) {
  if (unit_length) m = classic::normalise_rows(std::move(m));
  std::vector<float> out(static_cast<size_t>(m.size()));
  std::transform(m.data(), m.data() + m.size(), out.begin(), [](double v) { return static_cast<float>(v); });
  return out;
}

/// The view's encoder, whose features it was fitted on.
Embedder encoder_of(const fs::path& folder, const FeatureMap& map, const RuntimeOptions& runtime) {
  const fs::path inside = folder / map.encoder;
  if (is_feature_model(inside))
    throw InputError("features", "{}: expected an encoder of pictures or texts, got another such model",
                     inside.string());
  Embedder encoder = load_embedder(inside, runtime);
  if (encoder.width != map.width)
    throw InputError("features", "{}: expected embeddings of width {} as the view has, got {}", inside.string(),
                     map.width, encoder.width);
  return encoder;
}

/// Coordinates have this width.
int64_t width_of(const FeatureMap& map) {
  if (map.linear) return map.linear->components.rows();
  if (map.factors) return map.factors->rows();
  return map.width;
}

void add_words(Embedder& e, const std::shared_ptr<const FeatureModel>& model, size_t v) {
  e.encode_texts = [model, v](std::span<const std::string> texts) {
    const FeatureMap& map = model->maps[v];
    const Matrix rows = map.words->transform({texts.begin(), texts.end()});
    return to_floats(map.apply(rows), model->unit_length);
  };
}

void add_encoder(Embedder& e, const std::shared_ptr<const FeatureModel>& model, size_t v, const Embedder& encoder) {
  const Index width = model->maps[v].width;
  if (encoder.encode_pixels && !e.encode_pixels) {
    e.processor = encoder.processor;
    e.encode_pixels = [model, v, width, encode = encoder.encode_pixels](const Pixels& pixels) {
      return to_floats(model->maps[v].apply(to_matrix(encode(pixels), width)), model->unit_length);
    };
    if (model->maps.size() > 1) return;  // the other view is for texts
  }
  if (encoder.encode_texts && !e.encode_texts)
    e.encode_texts = [model, v, width, encode = encoder.encode_texts](std::span<const std::string> texts) {
      return to_floats(model->maps[v].apply(to_matrix(encode(texts), width)), model->unit_length);
    };
}

}  // namespace

Embedder load_feature_embedder(const fs::path& folder, const RuntimeOptions& runtime) {
  const auto model = std::make_shared<const FeatureModel>(load_feature_model(folder));
  if (model->classifier && !model->maps[0].linear)
    throw UsageError("features", "{}: expected a model of coordinates, got one of classes", folder.string());
  Embedder e;
  e.width = width_of(model->maps[0]);
  e.logits.scale = model->logit_scale;
  for (size_t v = 0; v < model->maps.size(); ++v) {
    if (model->maps[v].words)
      add_words(e, model, v);
    else if (!model->maps[v].encoder.empty())
      add_encoder(e, model, v, encoder_of(folder, model->maps[v], runtime));
  }
  if (!e.encode_pixels && !e.encode_texts)
    throw InputError("features", "{}: expected a view with an encoder (cca --encoders ...), got features alone",
                     folder.string());
  e.kind = !e.encode_texts    ? ModelKind::image_classifier
           : !e.encode_pixels ? ModelKind::sentence_encoder
                              : ModelKind::dual_encoder;
  return e;
}

namespace {

constexpr const char* kClassify = "sensorium classify";

/// One view of the items that are classified: rows of pictures, one row for all of them, or nothing.
struct ItemView {
  int64_t width = 0;
  PixelEncoder encode_pixels;
  std::vector<float> row;
};

/// What a view of texts or sounds knows of the context, and whether it takes such a thing at all.
ItemView context_view(const FeatureMap& map, const Embedder* encoder, const FeatureContext& context, bool& takes_text,
                      bool& takes_sound) {
  ItemView view{map.width, {}, {}};
  takes_sound = takes_sound || map.sound;
  takes_text = takes_text || (encoder && encoder->encode_texts);
  if (map.sound && !context.sound.empty()) view.row = sound_features(context.sound);
  if (encoder && encoder->encode_texts && !context.text.empty())
    view.row = encoder->encode_texts(std::span(&context.text, 1));
  return view;
}

/// Throws for encoders that want pictures prepared in different ways.
void take_processor(std::optional<ImageProcessor>& processor, const Embedder& encoder, const fs::path& folder) {
  if (processor && processor->to_json() != encoder.processor->to_json())
    throw InputError(kClassify, "{}: expected encoders that want pictures prepared alike, got different ones",
                     folder.string());
  processor = encoder.processor;
}

std::vector<ItemView> item_views(const FeatureModel& model, const fs::path& folder, const RuntimeOptions& runtime,
                                 const FeatureContext& context, std::optional<ImageProcessor>& processor) {
  std::vector<ItemView> views;
  bool takes_text = false, takes_sound = false;
  for (const FeatureMap& map : model.maps) {
    if (map.encoder.empty()) {
      views.push_back(context_view(map, nullptr, context, takes_text, takes_sound));
      continue;
    }
    const Embedder encoder = encoder_of(folder, map, runtime);
    if (encoder.processor) {
      take_processor(processor, encoder, folder);
      views.push_back({map.width, encoder.encode_pixels, {}});
    } else {
      views.push_back(context_view(map, &encoder, context, takes_text, takes_sound));
    }
  }
  if (!processor && !takes_text && !takes_sound)
    throw InputError(kClassify, "{}: expected an encoder for a view (fuse --encoders ..., or fuse --data), got none",
                     folder.string());
  for (const auto& [given, takes, what] : {std::tuple{!context.text.empty(), takes_text, "--text"},
                                           std::tuple{!context.sound.empty(), takes_sound, "--sound"}})
    if (given && !takes)
      throw UsageError(kClassify, "{}: expected no {} for a model without such a view", folder.string(), what);
  return views;
}

}  // namespace

FusedClassifierModel load_fused_classifier(const fs::path& folder, const RuntimeOptions& runtime,
                                           const FeatureContext& context) {
  const auto model = std::make_shared<const FeatureModel>(load_feature_model(folder));
  if (!model->classifier)
    throw UsageError(kClassify, "{}: expected --labels, or a model with classes, got neither", folder.string());
  FusedClassifierModel out{model->classifier->classes, {}, {}};
  const std::vector<ItemView> views = item_views(*model, folder, runtime, context, out.processor);
  out.encode_pixels = [model, views](const Pixels& pixels) {
    std::vector<Matrix> rows;
    std::vector<std::vector<uint8_t>> present;
    for (const ItemView& view : views) {
      const bool seen = view.encode_pixels && !pixels.bytes.empty();
      Matrix values = Matrix::Zero(pixels.count, view.width);
      if (seen)
        values = to_matrix(view.encode_pixels(pixels), view.width);
      else if (!view.row.empty())
        values.rowwise() = to_matrix(view.row, view.width).row(0);
      rows.push_back(std::move(values));
      present.emplace_back(static_cast<size_t>(pixels.count), seen || !view.row.empty() ? 1 : 0);
    }
    const Matrix p = model->classifier->probabilities(rows, present);
    return to_floats(p.array().max(1e-30).log(), false);  // softmax of logarithms gives them back
  };
  return out;
}

PictureClassifier load_feature_classifier(const fs::path& folder, const RuntimeOptions& runtime) {
  FusedClassifierModel model = load_fused_classifier(folder, runtime, {});
  if (!model.processor)
    throw UsageError(kClassify, "{}: expected a model with a view of pictures, got none", folder.string());
  return {std::move(model.labels), *model.processor, std::move(model.encode_pixels)};
}

}  // namespace sensorium
