// Configurations: there and back for every family, and what is refused.

#include "sensorium/models/bert/sentence_encoder.h"
#include "sensorium/models/image_classifier.h"
#include "tests/models/tiny.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

using namespace sensorium;

namespace {

DualEncoderConfig again(const DualEncoderConfig& config) {
  return parse_dual_encoder_config(Json::parse(to_json(config).dump()), "config.json");
}

std::string refusal(const Json& json) {
  return test::error_of([&] { parse_dual_encoder_config(json, "config.json"); });
}

}  // namespace

TEST_CASE("a configuration written and read again is the same") {
  for (auto [name, config] : test::tiny_families()) {
    const DualEncoderConfig back = again(config);
    if (config.layout == Layout::open_clip)
      config.preprocess_cfg = back.preprocess_cfg;  // OpenAI's, where none was given
    CHECK_MESSAGE(back == config, name);
  }
}

TEST_CASE("published defaults hold for keys that a file leaves out") {
  const DualEncoderConfig c = parse_dual_encoder_config({{"model_type", "clip"}}, "config.json");
  CHECK(std::get<ClipVisionConfig>(c.vision) == ClipVisionConfig{});
  CHECK(std::get<ClipTextConfig>(c.text).eos_token_id == 49407);
  CHECK(c.projection_dim == 512);
  CHECK(c.context_length() == 77);
  const DualEncoderConfig s = parse_dual_encoder_config({{"model_type", "siglip"}}, "config.json");
  CHECK(s.projection_dim == 768);
  CHECK(std::get<SiglipTextConfig>(s.text).layer_norm_eps == 1e-6);
}

TEST_CASE("reference configurations are read, and what we write of them says the same") {
  for (const char* name : {"clip_vit_quick_gelu", "clip_vit_gelu", "siglip", "chinese_clip", "vision_text_dual",
                           "vision_text_dual_clip", "open_clip_vit"}) {
    const DualEncoderConfig c = read_dual_encoder_config(test::goldens() / "clip" / name);
    CHECK_MESSAGE(again(c) == c, name);
  }
  for (const char* name : {"vit_classifier", "resnet_classifier_basic", "resnet_classifier_bottleneck"}) {
    const Json json = read_json(test::goldens() / "clip" / name / "config.json");
    const ImageClassifierConfig c = parse_image_classifier_config(json, "config.json");
    CHECK(parse_image_classifier_config(Json::parse(to_json(c).dump()), "config.json") == c);
  }
}

TEST_CASE("a sentence encoder's folder of modules is read and written") {
  const SentenceEncoderConfig c = read_sentence_encoder_config(test::goldens() / "clip" / "bert_minilm");
  CHECK(c.pooling == SentencePooling::mean);
  CHECK(c.normalize);
  const test::ScratchFolder scratch;
  write_file(scratch / "config.json", to_json(c.bert).dump());
  write_sentence_modules(c, scratch.path());
  CHECK(read_sentence_encoder_config(scratch.path()) == c);
}

TEST_CASE("unknown architectures are refused with what is supported") {
  CHECK(refusal({{"model_type", "llama"}}) ==
        "[config] config.json: expected model_type clip, siglip, chinese_clip or vision-text-dual-encoder, or "
        "open_clip's "
        "model_cfg, got model_type \"llama\"");
  CHECK(refusal(Json::object()) == "[config] config.json: expected a value for \"model_type\", got none");
  CHECK(refusal({{"model_type", "vision-text-dual-encoder"},
                 {"vision_config", {{"model_type", "swin"}}},
                 {"text_config", {{"model_type", "bert"}}}}) ==
        "[config] config.json: expected vision_config.model_type vit, clip_vision_model or resnet, got \"swin\"");
  CHECK(refusal({{"model_type", "vision-text-dual-encoder"},
                 {"vision_config", {{"model_type", "vit"}}},
                 {"text_config", {{"model_type", "roberta"}}}}) ==
        "[config] config.json: expected text_config.model_type bert, got \"roberta\"");
  CHECK(test::error_of([] {
          parse_image_classifier_config({{"model_type", "vit"}, {"architectures", {"ViTForMaskedImageModeling"}}}, "c");
        }) ==
        "[config] c: expected ViTForImageClassification, ViTModel, ResNetForImageClassification or ResNetModel in "
        "\"architectures\", got model_type \"vit\" with \"ViTForMaskedImageModeling\"");
}

TEST_CASE("values that no model can have are refused") {
  CHECK(refusal({{"model_type", "clip"}, {"vision_config", {{"hidden_size", "wide"}}}}) ==
        "[config] config.json: vision_config: expected an integer for \"hidden_size\", got \"wide\"");
  CHECK(refusal({{"model_type", "clip"}, {"text_config", {{"num_hidden_layers", 1000000000}}}}) ==
        "[config] config.json: text_config: expected \"num_hidden_layers\" between 1 and 4096, got 1000000000");
  CHECK(refusal({{"model_type", "clip"}, {"projection_dim", 0}}) ==
        "[config] config.json: expected \"projection_dim\" between 1 and 16777216, got 0");
  CHECK(refusal({{"model_type", "siglip"}, {"text_config", {{"projection_size", 5}}}}) ==
        "[config] config.json: expected text_config.projection_size 768 (vision_config.hidden_size), got 5");
  CHECK(refusal({{"model_type", "siglip"}, {"vision_config", {{"vision_use_head", false}}}}) ==
        "[config] config.json: vision_config: expected \"vision_use_head\": true (no other is supported), got false");
}

TEST_CASE("options of open_clip that change the model are refused, not skipped") {
  Json json = Json::parse(to_json(test::tiny_modified_resnet()).dump());
  json["model_cfg"]["vision_cfg"]["timm_model_name"] = "vit_base";
  CHECK(refusal(json) ==
        "[config] config.json: expected vision_cfg with the options of OpenAI's models, got \"timm_model_name\": "
        "\"vit_base\"");
  json["model_cfg"]["vision_cfg"].erase("timm_model_name");
  json["model_cfg"]["text_cfg"]["hf_model_name"] = "xlm-roberta";
  CHECK(refusal(json) ==
        "[config] config.json: expected text_cfg with the options of OpenAI's models, got \"hf_model_name\": "
        "\"xlm-roberta\"");
}

TEST_CASE("layouts that cannot express a model say so") {
  DualEncoderConfig c = test::tiny_clip();
  std::get<ClipVisionConfig>(c.vision).hidden_act = "gelu";
  CHECK(test::error_of([&] { with_layout(c, Layout::open_clip); }) ==
        "[convert] expected one activation in both towers for the open_clip layout, got gelu and quick_gelu");
  CHECK(test::error_of([] { with_layout(test::tiny_siglip(), Layout::open_clip); }) ==
        "[convert] expected a CLIP model for the open_clip layout, got another family");
  CHECK(test::error_of([] { with_layout(test::tiny_modified_resnet(), Layout::hugging_face); }) ==
        "[convert] expected a vision transformer for the Hugging Face layout, got a ModifiedResNet");
  c = test::tiny_clip();
  std::get<ClipTextConfig>(c.text).eos_token_id = 30;
  CHECK(test::error_of([&] { with_layout(c, Layout::open_clip); }) ==
        "[convert] expected an eos_token_id that is the largest id 49 for the open_clip layout, got 30");
}

TEST_CASE("captions are pooled by both rules") {
  const TokenBatch tokens{2, 5, {0, 7, 2, 49, 49, 0, 49, 3, 3, 3}, {}, {}};
  ClipTextConfig c = test::tiny_clip_text();
  CHECK(end_of_text(c, tokens) == std::vector<int64_t>{3, 1});  // 2 is the published files' sign for the largest id
  c.eos_token_id = 7;
  CHECK(end_of_text(c, tokens) == std::vector<int64_t>{1, 0});  // the second has none
}
