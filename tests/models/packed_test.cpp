// Weights written as they are packed and taken from where they lie: the same bits as packed at loading.

#include "sensorium/base/json.h"
#include "sensorium/models/bert/sentence_encoder.h"
#include "sensorium/models/image_classifier.h"
#include "sensorium/models/rt/packed_visitor.h"
#include "sensorium/models/rt/runtime_options.h"
#include "tests/models/tiny.h"
#include "tests/models/weights.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

using namespace sensorium;
using rt::Tensor;

namespace {

constexpr Precision kPacked[] = {Precision::bf16, Precision::int8};

/// What `load` gives when weights are packed to `p`.
template <class Load>
auto in_precision(Precision p, const Load& load) {
  rt::set_precision(p);
  auto model = load();
  rt::set_precision(Precision::fp32);
  return model;
}

/// Writes weights as they are packed, of which `walk(visitor)` is the list, beside a copy of the configuration.
template <class Walk>
void write_packed(const fs::path& from, const fs::path& to, Layout layout, const Walk& walk) {
  WeightSink sink;
  PackedVisitor visitor(sink);
  walk(visitor);
  sink.write(to, layout);
  write_file(to / config_file_name(layout), read_file(from / config_file_name(layout)));
}

ResNetConfig tiny_resnet() {
  ResNetConfig c;
  c.embedding_size = 64, c.hidden_sizes = {64, 128}, c.depths = {1, 2}, c.layer_type = "basic";
  return c;
}

VitConfig tiny_vit() {
  auto c = std::get<VitConfig>(test::tiny_vit_bert().vision);
  c.has_pooler = true;
  return c;
}

void write_packed(const ImageClassifierConfig& config, Precision p, const fs::path& plain, const fs::path& packed) {
  save_image_classifier(make_image_classifier<Tensor>(config, 3), plain);
  auto m = in_precision(p, [&] { return load_image_classifier<Tensor>(plain); });
  write_packed(plain, packed, Layout::hugging_face, [&](WeightVisitor<Tensor>& v) { describe(m, v); });
}

std::vector<float> features_of(const ImageClassifier<Tensor>& m) {
  const Tensor pixels = test::some_pixels(2, 16);
  return std::visit([&](const auto& tower) { return pool_pixels(tower, pixels).to_float(); }, m.tower);
}

std::string load_error(const fs::path& folder) {
  return test::error_of([&] { load_image_classifier<Tensor>(folder); }, folder);
}

void erase(NamedTensors& tensors, const std::string& name) {
  CHECK(std::erase_if(tensors, [&](const auto& t) { return t.first == name; }) == 1);
}

}  // namespace

TEST_CASE("a packed dual encoder embeds to the bits of one packed at loading, for every family") {
  for (const auto& [name, config] : test::tiny_families())
    for (const Precision p : kPacked) {
      CAPTURE(name);
      CAPTURE(precision_name(p));
      const test::ScratchFolder scratch;
      save_dual_encoder(make_dual_encoder<Tensor>(config, 7), scratch / "plain");
      auto m = in_precision(p, [&] { return load_dual_encoder<Tensor>(scratch / "plain"); });
      write_packed(scratch / "plain", scratch / "packed", config.layout,
                   [&](WeightVisitor<Tensor>& v) { describe(m, m.config.layout, v); });
      CHECK(test::embeds_of(load_dual_encoder<Tensor>(scratch / "packed")) == test::embeds_of(m));
    }
}

TEST_CASE("a packed ResNet or ViT, with labels or without, gives the bits of one packed at loading") {
  const std::vector<std::string> labels{"cat", "dog"};
  for (const ImageClassifierConfig& config :
       {ImageClassifierConfig{tiny_resnet(), labels}, {tiny_resnet(), {}}, {tiny_vit(), {}}})
    for (const Precision p : kPacked) {
      const test::ScratchFolder scratch;
      write_packed(config, p, scratch / "plain", scratch / "packed");
      const auto plain = in_precision(p, [&] { return load_image_classifier<Tensor>(scratch / "plain"); });
      const auto packed = load_image_classifier<Tensor>(scratch / "packed");
      CHECK(features_of(packed) == features_of(plain));
      if (labels == config.labels)
        CHECK(classify_pixels(packed, test::some_pixels(2, 16)).to_float() ==
              classify_pixels(plain, test::some_pixels(2, 16)).to_float());
    }
}

TEST_CASE("a packed sentence encoder keeps its pooler, and embeds to the bits of one packed at loading") {
  SentenceEncoderConfig config;
  config.bert = test::tiny_bert();
  for (const Precision p : kPacked) {
    const test::ScratchFolder scratch;
    save_sentence_encoder(make_sentence_encoder<Tensor>(config, 3), scratch / "plain");
    auto m = in_precision(p, [&] { return load_sentence_encoder<Tensor>(scratch / "plain"); });
    write_packed(scratch / "plain", scratch / "packed", Layout::hugging_face,
                 [&](WeightVisitor<Tensor>& v) { describe(m.bert, Layout::hugging_face, std::string(), v); });
    const auto packed = load_sentence_encoder<Tensor>(scratch / "packed");
    CHECK(packed.config.bert.has_pooler);
    CHECK(encode_sentences(packed, test::kTokens).to_float() == encode_sentences(m, test::kTokens).to_float());
  }
}

TEST_CASE("packed weights that are missing or of another size are refused by name") {
  const test::ScratchFolder scratch;
  const fs::path folder = scratch / "packed";
  const std::string layer = "encoder.stages.0.layers.0.layer.0.";
  const auto changed = [&](const std::function<void(NamedTensors&)>& change) {
    write_packed({tiny_resnet(), {}}, Precision::int8, scratch / "plain", folder);
    test::change_weights(folder, change);
    return load_error(folder);
  };
  CHECK(changed([](NamedTensors&) {}) == "");
  CHECK(
      changed([&](NamedTensors& t) { erase(t, layer + "convolution.packed"); }) ==
      "[load weights] DIR/model.safetensors: expected a packed layer \"encoder.stages.0.layers.0.layer.0.convolution\" "
      "(by DIR/config.json), got none");
  CHECK(changed([&](NamedTensors& t) { erase(t, layer + "normalization.bias"); }) ==
        "[load weights] DIR/model.safetensors: expected a tensor "
        "\"encoder.stages.0.layers.0.layer.0.normalization.bias\" of shape [64] (by DIR/config.json), got none");
  CHECK(changed([&](NamedTensors& t) { erase(t, layer + "convolution.packed_scales"); }) ==
        "[load weights] DIR/model.safetensors: encoder.stages.0.layers.0.layer.0.convolution: expected beside it "
        "\"encoder.stages.0.layers.0.layer.0.convolution.packed_scales\", F32, a value for each row, got a tensor I8 "
        "[1, 144, 64, 4]");
  changed([](NamedTensors&) {});
  Json json = read_json(folder / "config.json");
  json["embedding_size"] = 128;
  write_file(folder / "config.json", json.dump());
  CHECK(load_error(folder).starts_with("[load weights] DIR/model.safetensors: expected \"embedder."));
}

TEST_CASE("what a checkpoint is packed in stands in its configuration, in either layout") {
  const test::ScratchFolder scratch;
  for (const Layout layout : {Layout::open_clip, Layout::hugging_face}) {
    const fs::path file = scratch / config_file_name(layout);
    write_file(file, "{}");
    CHECK(packed_precision(scratch.path()) == "");
    write_file(file, R"({"quantization_config": {"quant_method": "other", "precision": "int8"}})");
    CHECK(packed_precision(scratch.path()) == "");
    write_file(file, R"({"quantization_config": {"quant_method": "sensorium", "precision": "int8"}})");
    CHECK(packed_precision(scratch.path()) == "int8");
    fs::remove(file);
  }
}
