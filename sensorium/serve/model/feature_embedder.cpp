#include "sensorium/serve/model/feature_model.h"

#include <cmath>

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
    e.encode_pixels = [model, v, width, encode = encoder.encode_pixels](const std::vector<float>& pixels,
                                                                        int64_t batch) {
      return to_floats(model->maps[v].apply(to_matrix(encode(pixels, batch), width)), model->unit_length);
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

PictureClassifier load_feature_classifier(const fs::path& folder, const RuntimeOptions& runtime) {
  const auto model = std::make_shared<const FeatureModel>(load_feature_model(folder));
  if (!model->classifier)
    throw UsageError("sensorium classify", "{}: expected --labels, or a model with classes, got neither",
                     folder.string());
  std::vector<Embedder> encoders;
  std::optional<std::string> preparation;
  for (const FeatureMap& map : model->maps) {
    if (map.encoder.empty())
      throw InputError("sensorium classify", "{}: expected an encoder for each view (fuse --encoders ...), got none",
                       folder.string());
    encoders.push_back(encoder_of(folder, map, runtime));
    require_pictures(encoders.back(), "sensorium classify", folder / map.encoder);
    const std::string now = read_file(folder / map.encoder / "preprocessor_config.json");
    if (preparation && *preparation != now)
      throw InputError("sensorium classify",
                       "{}: expected encoders that want pictures prepared alike, got different ones", folder.string());
    preparation = now;
  }
  const auto judge = [model, encoders](const std::vector<float>& pixels, int64_t batch) {
    std::vector<Matrix> views;
    for (const Embedder& encoder : encoders)
      views.push_back(to_matrix(encoder.encode_pixels(pixels, batch), encoder.width));
    const Matrix p = model->classifier->probabilities(views);
    return to_floats(p.array().max(1e-30).log(), false);  // softmax of logarithms gives them back
  };
  return {model->classifier->classes, *encoders[0].processor, judge};
}

}  // namespace sensorium
