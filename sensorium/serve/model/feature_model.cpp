#include "sensorium/serve/model/feature_model.h"

#include "sensorium/classic/nnls.h"

#include <cmath>
#include <cstring>

namespace sensorium {
namespace {

using classic::Index;
using classic::Matrix;
using classic::Vector;

constexpr const char* kWeightsFile = "model.safetensors";

/// Arrays of float64 by name, kept until they are written.
class Store {
 public:
  void put(const std::string& name, const Matrix& m) { add(name, {m.rows(), m.cols()}, m.data(), m.size()); }
  void put(const std::string& name, const Vector& v) { add(name, {v.size()}, v.data(), v.size()); }
  void write(const fs::path& file) const {
    NamedTensors tensors;
    for (const auto& [name, array] : arrays_)
      tensors.emplace_back(name, TensorView{SafeDType::F64, array.shape, std::as_bytes(std::span(array.values))});
    write_safetensors(file, tensors);
  }

 private:
  struct Array {
    std::vector<int64_t> shape;
    std::vector<double> values;
  };
  void add(const std::string& name, std::vector<int64_t> shape, const double* values, Index n) {
    arrays_.emplace(name, Array{std::move(shape), {values, values + n}});
  }
  std::map<std::string, Array> arrays_;
};

Matrix matrix_at(const SafetensorsFile& file, const std::string& name) {
  const TensorView& view = file.at(name);
  if (view.dtype != SafeDType::F64 || view.shape.size() != 2)
    throw InputError("features", "{}: expected \"{}\" as F64 of 2 dimensions, got {} of {}", file.path().string(), name,
                     dtype_name(view.dtype), view.shape.size());
  Matrix m(view.shape[0], view.shape[1]);
  std::memcpy(m.data(), view.data.data(), view.data.size());
  return m;
}

Vector vector_at(const SafetensorsFile& file, const std::string& name) {
  const TensorView& view = file.at(name);
  if (view.dtype != SafeDType::F64 || view.shape.size() != 1)
    throw InputError("features", "{}: expected \"{}\" as F64 of 1 dimension, got {} of {}", file.path().string(), name,
                     dtype_name(view.dtype), view.shape.size());
  Vector v(view.shape[0]);
  std::memcpy(v.data(), view.data.data(), view.data.size());
  return v;
}

void put_classifier(Store& store, const std::string& at, const classic::LinearClassifier& c) {
  store.put(at + "weight", c.weights);
  store.put(at + "bias", c.intercept);
}

classic::LinearClassifier classifier_at(const SafetensorsFile& file, const std::string& at) {
  classic::LinearClassifier c{matrix_at(file, at + "weight"), vector_at(file, at + "bias"), 0};
  if (c.intercept.size() != c.weights.rows())
    throw InputError("features", "{}: expected {} values of \"{}bias\", got {}", file.path().string(), c.weights.rows(),
                     at, c.intercept.size());
  return c;
}

OrderedJson save_map(const FeatureMap& map, Store& store, const std::string& at) {
  OrderedJson json{{"encoder", map.encoder}, {"width", map.width}};
  if (map.sound) json["sound"] = true;
  if (map.words) {
    json["vocabulary"] = map.words->vocabulary;
    json["sublinear"] = map.words->sublinear;
    store.put(at + "idf", map.words->idf);
  }
  if (map.kernel) {
    static constexpr const char* kNames[] = {"linear", "rbf", "polynomial"};
    json["kernel"] = {{"type", kNames[static_cast<int>(map.kernel->kernel.type)]},
                      {"gamma", map.kernel->kernel.gamma},
                      {"coef0", map.kernel->kernel.coef0},
                      {"degree", map.kernel->kernel.degree}};
    store.put(at + "kernel.mean", map.kernel->mean);
    store.put(at + "kernel.landmarks", map.kernel->landmarks);
    store.put(at + "kernel.root", map.kernel->root);
  }
  if (map.factors) {
    json["factor_scale"] = map.factor_scale;
    json["split_signs"] = map.split_signs;
    store.put(at + "factors", *map.factors);
  }
  if (map.linear) {
    store.put(at + "components", map.linear->components);
    if (map.linear->mean.size()) store.put(at + "mean", map.linear->mean);
    if (map.linear->scale.size()) store.put(at + "scale", map.linear->scale);
  }
  return json;
}

classic::KernelFeatures load_kernel(const Json& json, const SafetensorsFile& file, const std::string& at,
                                    const std::string& source) {
  const auto type = json_get<std::string>(json, "type", source);
  classic::KernelFeatures k;
  k.kernel.type = type == "linear" ? classic::KernelType::linear
                  : type == "rbf"  ? classic::KernelType::rbf
                                   : classic::KernelType::polynomial;
  k.kernel.gamma = json_get<double>(json, "gamma", source);
  k.kernel.coef0 = json_get<double>(json, "coef0", source);
  k.kernel.degree = json_get<int>(json, "degree", source);
  k.mean = vector_at(file, at + "kernel.mean");
  k.landmarks = matrix_at(file, at + "kernel.landmarks");
  k.root = matrix_at(file, at + "kernel.root");
  if (k.landmarks.cols() != k.mean.size() || k.root.rows() != k.landmarks.rows())
    throw InputError("features", "{}: expected a kernel whose parts fit, got {} x {}, {} and {} x {}", source,
                     k.landmarks.rows(), k.landmarks.cols(), k.mean.size(), k.root.rows(), k.root.cols());
  return k;
}

FeatureMap load_map(const Json& json, const SafetensorsFile& file, const std::string& at, const std::string& source) {
  FeatureMap map;
  map.encoder = json_get<std::string>(json, "encoder", source);
  if (map.encoder.find('/') != std::string::npos || map.encoder == "..")
    throw InputError("features", "{}: expected the name of a folder beside it as encoder, got \"{}\"", source,
                     map.encoder);
  map.width = json_get<int64_t>(json, "width", source);
  map.sound = json_get_or<bool>(json, "sound", false, source);
  if (json.contains("vocabulary")) {
    map.words.emplace();
    map.words->vocabulary = json_get<std::vector<std::string>>(json, "vocabulary", source);
    map.words->sublinear = json_get<bool>(json, "sublinear", source);
    map.words->idf = vector_at(file, at + "idf");
    if (map.words->idf.size() != static_cast<Index>(map.words->vocabulary.size()))
      throw InputError("features", "{}: expected a weight for each of {} words, got {}", source,
                       map.words->vocabulary.size(), map.words->idf.size());
  }
  if (json.contains("kernel")) map.kernel = load_kernel(json.at("kernel"), file, at, source);
  if (file.tensors().count(at + "factors")) {
    map.factors = matrix_at(file, at + "factors");
    map.factor_scale = json_get<double>(json, "factor_scale", source);
    map.split_signs = json_get<bool>(json, "split_signs", source);
  }
  if (file.tensors().count(at + "components")) {
    map.linear.emplace();
    map.linear->components = matrix_at(file, at + "components");
    const Index p = map.linear->components.cols(), k = map.linear->components.rows();
    if (file.tensors().count(at + "mean")) map.linear->mean = vector_at(file, at + "mean");
    if (file.tensors().count(at + "scale")) map.linear->scale = vector_at(file, at + "scale");
    if ((map.linear->mean.size() && map.linear->mean.size() != p) ||
        (map.linear->scale.size() && map.linear->scale.size() != k))
      throw InputError("features", "{}: expected a mean of {} and a scale of {} values, got {} and {}", source, p, k,
                       map.linear->mean.size(), map.linear->scale.size());
  }
  return map;
}

OrderedJson save_classifier(const FeatureClassifier& c, Store& store) {
  put_classifier(store, "classifier.", c.single);
  for (size_t v = 0; v < c.base.size(); ++v) put_classifier(store, fmt::format("classifier.base{}.", v + 1), c.base[v]);
  for (size_t v = 0; v < c.early.means.size(); ++v) {
    store.put(fmt::format("early.mean{}", v + 1), c.early.means[v]);
    if (!c.early.scalers.empty()) {
      store.put(fmt::format("early.shift{}", v + 1), c.early.scalers[v].shift);
      store.put(fmt::format("early.scale{}", v + 1), c.early.scalers[v].scale);
    }
  }
  if (c.weights.size()) store.put("classifier.view_weights", c.weights);
  return {{"method", c.method}, {"classes", c.classes}, {"scaled", !c.early.scalers.empty()}};
}

FeatureClassifier load_classifier(const Json& json, size_t views, const SafetensorsFile& file,
                                  const std::string& source) {
  FeatureClassifier c;
  c.method = json_get<std::string>(json, "method", source);
  c.classes = json_get<std::vector<std::string>>(json, "classes", source);
  c.single = classifier_at(file, "classifier.");
  for (size_t v = 0; v < views; ++v) {
    if (c.method != "early") c.base.push_back(classifier_at(file, fmt::format("classifier.base{}.", v + 1)));
    c.early.means.push_back(vector_at(file, fmt::format("early.mean{}", v + 1)));
    if (json_get<bool>(json, "scaled", source)) {
      classic::Scaler scaler;
      scaler.shift = vector_at(file, fmt::format("early.shift{}", v + 1));
      scaler.scale = vector_at(file, fmt::format("early.scale{}", v + 1));
      c.early.scalers.push_back(std::move(scaler));
    }
  }
  if (c.method == "late") c.weights = vector_at(file, "classifier.view_weights");
  return c;
}

/// The files of a checkpoint folder, linked where the file system can.
void copy_encoder(const fs::path& from, const fs::path& to) {
  make_directories(to);
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    const fs::path target = to / fs::relative(entry.path(), from);
    std::error_code error;
    if (entry.is_directory()) {
      make_directories(target);
    } else if (entry.is_regular_file()) {
      fs::create_hard_link(entry.path(), target, error);
      if (error) fs::copy_file(entry.path(), target, error);
      if (error)
        throw EnvironmentError("features", "{}: expected to copy it, got: {}", entry.path().string(), error.message());
    }
  }
}

}  // namespace

Matrix split_by_sign(const Matrix& x) {
  Matrix out(x.rows(), 2 * x.cols());
  out << x.cwiseMax(0), (-x).cwiseMax(0);
  return out;
}

Matrix FeatureMap::apply(const Matrix& features) const {
  if (features.cols() != width)
    throw InputError("features", "expected features of {} values, got {}", width, features.cols());
  Matrix x = kernel ? kernel->transform(features) : features;
  if (factors) x = classic::nonnegative_rows((split_signs ? split_by_sign(x) : x) * factor_scale, *factors);
  return linear ? linear->transform(x) : x;
}

Matrix FeatureClassifier::probabilities(const std::vector<Matrix>& views,
                                        const std::vector<std::vector<uint8_t>>& present) const {
  if (method == "early") return single.probabilities(early.transform(views, present));
  std::vector<Matrix> each;
  for (size_t v = 0; v < views.size(); ++v) {
    classic::Concatenation one;
    one.means = {early.means.at(v)};
    if (!early.scalers.empty()) one.scalers = {early.scalers[v]};
    const std::vector<std::vector<uint8_t>> mask =
        present.empty() ? present : std::vector<std::vector<uint8_t>>(1, present[v]);
    each.push_back(base.at(v).probabilities(one.transform({views[v]}, mask)));
  }
  if (method == "late") return classic::soft_vote(each, weights, present);
  Matrix features(views[0].rows(), single.weights.cols());
  Index column = 0;
  for (const Matrix& p : each) {
    features.middleCols(column, p.cols()) = p;
    column += p.cols();
  }
  return single.probabilities(features);
}

void save_feature_model(const fs::path& folder, FeatureModel model, const std::vector<std::string>& encoders,
                        const std::map<std::string, std::string>& plots) {
  if (!encoders.empty() && encoders.size() != model.maps.size())
    throw UsageError("features", "expected an encoder for each of {} views, got {}", model.maps.size(),
                     encoders.size());
  AtomicFolder target(folder);
  Store store;
  OrderedJson views = OrderedJson::array();
  for (size_t v = 0; v < model.maps.size(); ++v) {
    FeatureMap& map = model.maps[v];
    if (v < encoders.size() && !encoders[v].empty()) {
      map.encoder = fmt::format("encoder{}", v + 1);
      copy_encoder(encoders[v], target.path() / map.encoder);
    }
    views.push_back(save_map(map, store, fmt::format("view{}.", v + 1)));
  }
  OrderedJson config{{"model_type", kFeatureModelType},  {"method", model.method}, {"unit_length", model.unit_length},
                     {"logit_scale", model.logit_scale}, {"views", views},         {"facts", model.facts}};
  if (model.classifier) config["classifier"] = save_classifier(*model.classifier, store);
  store.write(target.path() / kWeightsFile);
  for (const auto& [name, content] : plots) write_file(target.path() / name, content);
  write_file(target.path() / "config.json", config.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  target.commit();
}

bool is_feature_model(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::exists(folder / "config.json", ignored)) return false;
  return json_get_or<std::string>(read_json(folder / "config.json"), "model_type", "", "config.json") ==
         kFeatureModelType;
}

FeatureModel load_feature_model(const fs::path& folder) {
  const std::string source = (folder / "config.json").string();
  const Json config = read_json(folder / "config.json");
  if (json_get_or<std::string>(config, "model_type", "", source) != kFeatureModelType)
    throw InputError("features", "{}: expected a model of cca, svd, nmf or fuse, got another", source);
  const SafetensorsFile file(folder / kWeightsFile);
  FeatureModel model;
  model.method = json_get<std::string>(config, "method", source);
  model.unit_length = json_get<bool>(config, "unit_length", source);
  model.logit_scale = json_get<double>(config, "logit_scale", source);
  const Json views = json_get<Json>(config, "views", source);
  if (!views.is_array() || views.empty())
    throw InputError("features", "{}: expected a list of views, got none", source);
  for (size_t v = 0; v < views.size(); ++v)
    model.maps.push_back(load_map(views[v], file, fmt::format("view{}.", v + 1), source));
  if (config.contains("classifier"))
    model.classifier = load_classifier(config.at("classifier"), views.size(), file, source);
  return model;
}

}  // namespace sensorium
