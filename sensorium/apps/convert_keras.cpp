// Keras' ResNet (keras.applications.resnet, the Caffe weights of He et al.) to transformers'
// ResNetForImageClassification.

#include "sensorium/apps/convert_sources.h"
#include "sensorium/apps/tfjs.h"
#include "sensorium/apps/unpack.h"
#include "sensorium/io/checkpoint.h"

#include <array>
#include <list>

namespace sensorium {
namespace {

constexpr double kEpsilon = 1e-5;                                     // of the norms written
constexpr std::array<double, 3> kMeans = {123.68, 116.779, 103.939};  // of R, G, B in 0..255

/// Tensors under construction; the list keeps their addresses.
class Output {
 public:
  void add(const std::string& name, std::vector<int64_t> shape, std::vector<float> values) {
    values_.push_back(std::move(values));
    tensors_.emplace_back(name, TensorView::of(values_.back().data(), std::move(shape)));
  }
  const NamedTensors& tensors() const { return tensors_; }

 private:
  std::list<std::vector<float>> values_;
  NamedTensors tensors_;
};

/// [H, W, in, out] to [out, in, H, W]; `flip` reverses the input channels.
std::vector<float> to_oihw(const TfjsModel::Weight& w, bool flip) {
  const auto h = static_cast<size_t>(w.shape[0]), wd = static_cast<size_t>(w.shape[1]);
  const auto in = static_cast<size_t>(w.shape[2]), out = static_cast<size_t>(w.shape[3]);
  std::vector<float> r(w.values.size());
  for (size_t o = 0; o < out; ++o)
    for (size_t i = 0; i < in; ++i)
      for (size_t y = 0; y < h; ++y)
        for (size_t x = 0; x < wd; ++x)
          r[((o * in + i) * h + y) * wd + x] = w.values[((y * wd + x) * in + (flip ? in - 1 - i : i)) * out + o];
  return r;
}

class Converter {
 public:
  Converter(const TfjsModel& model, Output& out) : model_(model), out_(out) {}

  /// Convolution `conv` and norm `norm` of Keras to `name`.convolution and `name`.normalization; the convolution must
  /// have this stride.
  void conv_norm(const std::string& conv, const std::string& norm, const std::string& name, int64_t stride,
                 bool flip = false) {
    const auto strides = json_get<std::vector<int64_t>>(model_.layer(conv), "strides", source());
    if (strides != std::vector<int64_t>{stride, stride})
      throw InputError("convert", "{}: expected stride {} of \"{}\", got {}", source(), stride, conv,
                       Json(strides).dump());
    const auto& kernel = model_.weight(conv + "/kernel", 4);
    const int64_t out = kernel.shape[3];
    out_.add(name + ".convolution.weight", {out, kernel.shape[2], kernel.shape[0], kernel.shape[1]},
             to_oihw(kernel, flip));
    normalization(conv, norm, name + ".normalization", out);
  }

  /// bn(conv + b) with Keras' epsilon, as a norm of the convolution without b and with kEpsilon.
  void normalization(const std::string& conv, const std::string& norm, const std::string& name, int64_t channels) {
    const auto epsilon = json_get<double>(model_.layer(norm), "epsilon", source());
    std::vector<float> mean = vector(norm + "/moving_mean", channels),
                       var = vector(norm + "/moving_variance", channels);
    if (json_get_or<bool>(model_.layer(conv), "use_bias", true, source())) {
      const std::vector<float> bias = vector(conv + "/bias", channels);
      for (size_t i = 0; i < bias.size(); ++i) mean[i] -= bias[i];
    }
    for (float& v : var) v = static_cast<float>(static_cast<double>(v) + epsilon - kEpsilon);
    out_.add(name + ".weight", {channels}, vector(norm + "/gamma", channels));
    out_.add(name + ".bias", {channels}, vector(norm + "/beta", channels));
    out_.add(name + ".running_mean", {channels}, std::move(mean));
    out_.add(name + ".running_var", {channels}, std::move(var));
  }

  std::vector<float> vector(const std::string& name, int64_t size) const {
    const auto& w = model_.weight(name, 1);
    if (w.shape[0] != size)
      throw InputError("convert", "{}: expected {} values of \"{}\", got {}", source(), size, name, w.shape[0]);
    return w.values;
  }

  std::string source() const { return model_.path().string(); }

 private:
  const TfjsModel& model_;
  Output& out_;
};

/// "res2a", "res2b", ...: how many blocks a stage (from 2) has.
int64_t depth_of(const TfjsModel& model, int stage) {
  int64_t n = 0;
  while (n < 26 && model.has_layer(fmt::format("res{}{}_branch2a", stage, static_cast<char>('a' + n)))) ++n;
  return n;
}

struct Sizes {
  std::vector<int64_t> depths, hidden;
  int64_t embedding = 0, classes = 0;
};

Sizes convert_weights(const TfjsModel& model, Output& out) {
  Converter c(model, out);
  Sizes sizes;
  c.conv_norm("conv1", "bn_conv1", "resnet.embedder.embedder", 2, true);
  sizes.embedding = model.weight("conv1/kernel", 4).shape[3];
  for (int stage = 2; stage <= 5; ++stage) {
    const int64_t depth = depth_of(model, stage);
    if (depth == 0)
      throw InputError("convert", "{}: expected a layer \"res{}a_branch2a\", got none", c.source(), stage);
    for (int64_t b = 0; b < depth; ++b) {
      const std::string block = fmt::format("{}{}", stage, static_cast<char>('a' + b));
      const std::string name = fmt::format("resnet.encoder.stages.{}.layers.{}", stage - 2, b);
      const int64_t stride = stage > 2 && b == 0 ? 2 : 1;  // on the first of the three convolutions
      if (b == 0) c.conv_norm("res" + block + "_branch1", "bn" + block + "_branch1", name + ".shortcut", stride);
      for (int i = 0; i < 3; ++i) {
        const std::string branch = fmt::format("{}_branch2{}", block, static_cast<char>('a' + i));
        c.conv_norm("res" + branch, "bn" + branch, fmt::format("{}.layer.{}", name, i), i == 0 ? stride : 1);
      }
    }
    sizes.depths.push_back(depth);
    sizes.hidden.push_back(model.weight(fmt::format("res{}a_branch2c/kernel", stage), 4).shape[3]);
  }
  const auto& dense = model.weight("fc1000/kernel", 2);
  const int64_t in = dense.shape[0];
  sizes.classes = dense.shape[1];
  std::vector<float> weight(dense.values.size());
  for (int64_t o = 0; o < sizes.classes; ++o)
    for (int64_t i = 0; i < in; ++i)
      weight[static_cast<size_t>(o * in + i)] = dense.values[static_cast<size_t>(i * sizes.classes + o)];
  out.add("classifier.1.weight", {sizes.classes, in}, std::move(weight));
  out.add("classifier.1.bias", {sizes.classes}, c.vector("fc1000/bias", sizes.classes));
  return sizes;
}

/// labels.json, {"0": "tench", ...}, with '_' read as a space.
std::vector<std::string> read_labels(const fs::path& path, int64_t classes) {
  const Json json = read_json(path);
  std::vector<std::string> labels;
  for (int64_t i = 0; i < classes; ++i) {
    std::string label = json_get<std::string>(json, std::to_string(i), path.string());
    std::replace(label.begin(), label.end(), '_', ' ');
    labels.push_back(std::move(label));
  }
  return labels;
}

OrderedJson config_json(const Sizes& sizes, const std::vector<std::string>& labels) {
  OrderedJson id2label, label2id;
  for (size_t i = 0; i < labels.size(); ++i) {
    id2label[std::to_string(i)] = labels[i];
    label2id[labels[i]] = i;
  }
  return {{"architectures", {"ResNetForImageClassification"}},
          {"depths", sizes.depths},
          {"downsample_in_bottleneck", true},
          {"downsample_in_first_stage", false},
          {"dtype", "float32"},
          {"embedding_size", sizes.embedding},
          {"hidden_act", "relu"},
          {"hidden_sizes", sizes.hidden},
          {"id2label", id2label},
          {"label2id", label2id},
          {"layer_type", "bottleneck"},
          {"model_type", "resnet"},
          {"num_channels", 3}};
}

OrderedJson processor_json(int64_t size) {
  OrderedJson mean = OrderedJson::array(), std = OrderedJson::array();
  for (const double m : kMeans) {
    mean.push_back(m / 255);
    std.push_back(1.0 / 255);
  }
  return {{"crop_size", {{"height", size}, {"width", size}}},
          {"do_center_crop", true},
          {"do_convert_rgb", true},
          {"do_normalize", true},
          {"do_rescale", true},
          {"do_resize", true},
          {"image_mean", mean},
          {"image_processor_type", "CLIPImageProcessor"},
          {"image_std", std},
          {"resample", 3},
          {"rescale_factor", 1.0 / 255},
          {"size", {{"shortest_edge", size}}}};
}

}  // namespace

void convert_keras_tfjs(const fs::path& source, const ConvertTarget& target) {
  if (target.dtype == "float16") throw UsageError("convert", "expected --dtype float32 for keras-tfjs, got float16");
  const UnpackedFolder folder(source);
  const TfjsModel model(folder.find("model.json"));
  Output out;
  const Sizes sizes = convert_weights(model, out);
  const auto labels = read_labels(folder.find("labels.json"), sizes.classes);
  const Json& shape = model.layer("input_1").at("batch_input_shape");
  write_checkpoint(target.out, out.tensors(), target.max_shard_bytes);
  write_file(target.out / "config.json", config_json(sizes, labels).dump(2) + "\n");
  write_file(target.out / "preprocessor_config.json", processor_json(shape.at(1).get<int64_t>()).dump(2) + "\n");
}

}  // namespace sensorium
