// Checkpoints with packed weights. Which layers stay bf16 beside int8 is measured, not guessed.

#include "sensorium/apps/convert_sources.h"
#include "sensorium/apps/embedder.h"
#include "sensorium/base/json.h"
#include "sensorium/io/image_pipeline.h"
#include "sensorium/models/bert/sentence_encoder.h"
#include "sensorium/models/bundle.h"
#include "sensorium/models/image_classifier.h"
#include "sensorium/models/rt/rt_ops.h"
#include "sensorium/models/weight_io.h"

#include <algorithm>
#include <functional>

namespace sensorium {
namespace {

using rt::Tensor;
constexpr size_t kPictures = 64, kTexts = 256;
constexpr double kMeanCosine = 0.998, kLeastCosine = 0.99;

/// The precision of each layer, by the module that names it.
using Plan = std::map<std::string, Precision>;

/// Packs every layer anew as the plan says; one that it does not have is noted in it as bf16.
class PlanVisitor : public WeightVisitor<Tensor> {
 public:
  explicit PlanVisitor(Plan& plan) : plan_(plan) {}
  void weight(const WeightSpec&, Tensor&) override {}
  void linear(const std::string& module, Linear<Tensor>& layer) override {
    choose(module, [&] { prepare(layer); });
  }
  void attention(const std::array<std::string, 4>& modules, SelfAttention<Tensor>& layer) override {
    choose(modules[0], [&] { prepare(layer); });
  }
  void cross_attention(const std::array<std::string, 4>& modules, SelfAttention<Tensor>& layer) override {
    choose(modules[0], [&] { prepare_cross(layer); });
  }
  void patches(const std::string& module, Conv2d<Tensor>& layer) override {
    choose(module, [&] { prepare_patches(layer); });
  }

 private:
  void choose(const std::string& module, const std::function<void()>& pack) {
    rt::set_precision(plan_.try_emplace(module, Precision::bf16).first->second);
    pack();
  }
  Plan& plan_;
};

/// Plain weights as they are, packed ones as they are packed.
class PackedVisitor : public WeightVisitor<Tensor> {
 public:
  explicit PackedVisitor(WeightSink& sink) : sink_(sink) {}
  void weight(const WeightSpec& spec, Tensor& value) override {
    if (value.raw() != nullptr) sink_.add(spec, value.to_float());
  }
  void linear(const std::string& module, Linear<Tensor>& layer) override { add(module, layer.weight); }
  void attention(const std::array<std::string, 4>& modules, SelfAttention<Tensor>& layer) override {
    add(modules[0], layer.packed.weight);
    add(modules[3], layer.output.weight);
  }
  void cross_attention(const std::array<std::string, 4>& modules, SelfAttention<Tensor>& layer) override {
    add(modules[0], layer.query.weight);
    add(modules[1], layer.packed.weight);
    add(modules[3], layer.output.weight);
  }
  void patches(const std::string& module, Conv2d<Tensor>& layer) override { add(module, layer.weight); }

 private:
  void add(const std::string& module, const Tensor& weight) {
    if (const auto packed = rt::packed_weight(weight)) sink_.add_packed(module, *packed);
  }
  WeightSink& sink_;
};

/// A model of any kind: a copy packed by a plan, to embed with and to write.
struct Packable {
  struct Packed {
    std::function<std::vector<std::vector<float>>()> embed;  // of the calibration: pictures' rows, texts' rows
    std::function<void(WeightVisitor<Tensor>&)> visit;
  };
  std::function<Packed(Plan&)> pack;
  int64_t width = 0;
  Layout layout = Layout::hugging_face;
};

Tensor calibration_pixels(const std::string& folder, const ImageProcessor& processor) {
  std::vector<fs::path> files;
  if (!folder.empty()) files = find_pictures({folder});
  files.resize(std::min(files.size(), kPictures));
  std::vector<float> pixels;
  ImagePipeline pipeline(processor);
  for (const fs::path& file : files) {
    pixels.resize(pixels.size() + processor.output_size());
    const MappedFile bytes(file);
    pipeline.run(bytes.bytes(), file.string(), pixels.data() + pixels.size() - processor.output_size());
  }
  return Tensor::from_float(pixels.data(),
                            {static_cast<int64_t>(files.size()), 3, processor.height(), processor.width()});
}

std::vector<std::string> calibration_texts(const std::string& file) {
  std::vector<std::string> lines;
  if (!file.empty()) lines = read_lines(file);
  lines.resize(std::min(lines.size(), kTexts));
  return lines;
}

Packable dual_encoder(const fs::path& source, const Calibration& c) {
  const auto bundle = std::make_shared<const Bundle<Tensor>>(load_bundle<Tensor>(source));
  const Tensor pixels = calibration_pixels(c.pictures, bundle->image_processor);
  const auto texts = calibration_texts(c.texts);
  Packable p;
  p.layout = bundle->model.config.layout;
  p.width = bundle->model.config.projection_dim;
  p.pack = [=](Plan& plan) {
    auto trial = std::make_shared<Bundle<Tensor>>(*bundle);
    PlanVisitor visitor(plan);
    describe(trial->model, trial->model.config.layout, visitor);
    Packable::Packed packed;
    packed.visit = [=](WeightVisitor<Tensor>& v) { describe(trial->model, trial->model.config.layout, v); };
    packed.embed = [=] {
      return std::vector<std::vector<float>>{
          pixels.size(0) > 0 ? encode_image(trial->model, pixels).to_float() : std::vector<float>(),
          embed_texts(*trial, texts)};
    };
    return packed;
  };
  return p;
}

Packable sentence_encoder(const fs::path& source, const Calibration& c) {
  const auto model = std::make_shared<const SentenceEncoder<Tensor>>(load_sentence_encoder<Tensor>(source));
  const std::shared_ptr<const Tokenizer> tokenizer = load_tokenizer(source);
  const auto texts = calibration_texts(c.texts);
  Packable p;
  p.width = model->config.bert.hidden_size;
  p.pack = [=](Plan& plan) {
    auto trial = std::make_shared<SentenceEncoder<Tensor>>(*model);
    PlanVisitor visitor(plan);
    describe(trial->bert, Layout::hugging_face, std::string(), visitor);
    Packable::Packed packed;
    packed.visit = [=](WeightVisitor<Tensor>& v) { describe(trial->bert, Layout::hugging_face, std::string(), v); };
    packed.embed = [=] {
      if (texts.empty()) return std::vector<std::vector<float>>(1);
      return std::vector<std::vector<float>>{
          encode_sentences(*trial, tokenizer->encode_batch(texts, {.max_length = model->config.max_length}))
              .to_float()};
    };
    return packed;
  };
  return p;
}

Packable image_classifier(const fs::path& source, const Calibration& c) {
  const auto model = std::make_shared<const ImageClassifier<Tensor>>(load_image_classifier<Tensor>(source));
  if (!std::holds_alternative<VitConfig>(model->config.tower))
    throw InputError("convert", "{}: expected a transformer, whose weights can be packed, got a ResNet",
                     source.string());
  const Tensor pixels = calibration_pixels(c.pictures, ImageProcessor::load(source));
  Packable p;
  p.width = std::get<VitConfig>(model->config.tower).output_width();
  p.pack = [=](Plan& plan) {
    auto trial = std::make_shared<ImageClassifier<Tensor>>(*model);
    PlanVisitor visitor(plan);
    describe(*trial, visitor);
    Packable::Packed packed;
    packed.visit = [=](WeightVisitor<Tensor>& v) { describe(*trial, v); };
    packed.embed = [=] {
      if (pixels.size(0) == 0) return std::vector<std::vector<float>>(1);
      return std::vector<std::vector<float>>{
          std::visit([&](const auto& tower) { return pool_pixels(tower, pixels).to_float(); }, trial->tower)};
    };
    return packed;
  };
  return p;
}

/// Of the rows of two embeddings; 1 where there are none.
struct Likeness {
  double mean = 1, least = 1;
  bool holds() const { return mean >= kMeanCosine && least >= kLeastCosine; }
};

Likeness compare(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b, size_t width) {
  Likeness worst;
  for (size_t part = 0; part < a.size(); ++part) {
    double sum = 0, least = 1;
    const size_t rows = a[part].size() / width;
    for (size_t r = 0; r < rows; ++r) {
      double ab = 0, aa = 0, bb = 0;
      for (size_t i = r * width; i < (r + 1) * width; ++i) {
        ab += double{a[part][i]} * double{b[part][i]};
        aa += double{a[part][i]} * double{a[part][i]};
        bb += double{b[part][i]} * double{b[part][i]};
      }
      const double cosine = ab / std::max(std::sqrt(aa * bb), 1e-30);
      sum += cosine;
      least = std::min(least, cosine);
    }
    if (rows == 0) continue;
    worst.mean = std::min(worst.mean, sum / static_cast<double>(rows));
    worst.least = std::min(worst.least, least);
  }
  return worst;
}

/// int8 everywhere but in the layers that cost most, as few as do.
Packable::Packed choose_int8(const Packable& model, Plan& plan, size_t width) {
  for (auto& [module, precision] : plan) precision = Precision::fp32;
  const auto reference = model.pack(plan).embed();
  const bool measured = std::any_of(reference.begin(), reference.end(), [](const auto& rows) { return !rows.empty(); });
  Plan all = plan;
  for (auto& [module, precision] : all) precision = Precision::int8;
  Packable::Packed packed = model.pack(all);
  Likeness like = compare(packed.embed(), reference, width);
  std::vector<std::pair<double, std::string>> costs;
  if (measured && !like.holds())
    for (const auto& [module, precision] : plan) {
      Plan one = plan;
      one[module] = Precision::int8;
      costs.emplace_back(1 - compare(model.pack(one).embed(), reference, width).mean, module);
    }
  std::sort(costs.rbegin(), costs.rend());
  size_t kept = 0;
  for (; kept < costs.size() && !like.holds(); ++kept) {
    all[costs[kept].second] = Precision::bf16;
    packed = model.pack(all);
    like = compare(packed.embed(), reference, width);
  }
  plan = all;
  if (measured)
    fmt::print(stderr, "int8 in {} of {} layers; cosine to fp32: mean {:.5f}, least {:.5f}\n", plan.size() - kept,
               plan.size(), like.mean, like.least);
  else
    fmt::print(stderr, "int8 in all {} layers, not measured: give --pictures or --texts\n", plan.size());
  return packed;
}

}  // namespace

void convert_packed(const fs::path& source, const std::string& precision, const Calibration& calibration,
                    const ConvertTarget& target) {
  rt::set_precision(Precision::fp32);
  const ModelKind kind = model_kind(source);
  const Packable model = kind == ModelKind::dual_encoder       ? dual_encoder(source, calibration)
                         : kind == ModelKind::sentence_encoder ? sentence_encoder(source, calibration)
                                                               : image_classifier(source, calibration);
  Plan plan;
  Packable::Packed packed = model.pack(plan);
  if (precision == "int8") packed = choose_int8(model, plan, static_cast<size_t>(model.width));
  WeightSink sink;
  PackedVisitor visitor(sink);
  packed.visit(visitor);
  for (const auto& entry : fs::directory_iterator(source)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && !name.ends_with(".safetensors") && !name.ends_with(".safetensors.index.json"))
      fs::copy_file(entry.path(), target.out / name);
  }
  sink.write(target.out, model.layout);
  const fs::path file = target.out / (model.layout == Layout::open_clip ? "open_clip_config.json" : "config.json");
  OrderedJson config = OrderedJson::parse(read_file(file));
  config["quantization_config"] = {{"quant_method", "sensorium"}, {"precision", precision}};
  for (const auto& [module, p] : plan)
    if (precision_name(p) != precision) config["quantization_config"]["modules_in_bf16"].push_back(module);
  write_file(file, config.dump(2) + "\n");
}

}  // namespace sensorium
