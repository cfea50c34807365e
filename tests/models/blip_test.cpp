// BLIP on rt::Tensor: reference cases, folders there and back, and what does not fit together.

#include "sensorium/models/blip/blip_bundle.h"
#include "sensorium/models/blip/blip_writer.h"
#include "sensorium/models/rt/reference_kinds.h"
#include "sensorium/models/rt/rt_ops.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

using namespace sensorium;
using rt::Tensor;

namespace {

constexpr BlipKind kKinds[] = {BlipKind::caption, BlipKind::retrieval, BlipKind::vqa, BlipKind::contrastive,
                               BlipKind::pretraining};

BlipConfig tiny_blip(BlipKind kind) {
  BlipConfig c;
  c.kind = kind;
  c.vision.hidden_size = 16, c.vision.intermediate_size = 32, c.vision.num_hidden_layers = 1;
  c.vision.num_attention_heads = 2, c.vision.image_size = 16, c.vision.patch_size = 8;
  c.text.vocab_size = 30, c.text.hidden_size = c.text.encoder_hidden_size = 16, c.text.intermediate_size = 24;
  c.text.num_hidden_layers = 2, c.text.num_attention_heads = 2, c.text.max_position_embeddings = 12;
  c.text.bos_token_id = 28, c.text.sep_token_id = 3, c.projection_dim = 8, c.image_text_hidden_size = 8;
  return c;
}

Tensor some_pixels(int64_t n, int64_t height, int64_t width) {
  std::vector<float> values(static_cast<size_t>(n * 3 * height * width));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>((i * 2654435761u >> 8) % 1000) / 500.0f - 1;
  return Tensor::from_float(values.data(), {n, 3, height, width});
}

const TokenBatch kTexts{2, 4, {4, 7, 9, 3, 4, 8, 3, 0}, {1, 1, 1, 1, 1, 1, 1, 0}, {}};

/// Something of everything that a model computes.
std::vector<float> outputs_of(const Blip<Tensor>& m) {
  std::vector<float> all;
  const auto add = [&](const Tensor& t) {
    const std::vector<float> values = t.to_float();
    all.insert(all.end(), values.begin(), values.end());
  };
  const Tensor states = encode_pixels(m.vision, some_pixels(2, 16, 16));
  add(states);
  if (m.config.has_decoder()) add(language_logits(m, kTexts, {states, {}}));
  if (m.config.has_matching()) add(match_logits(m, kTexts, states));
  if (m.config.has_matching() || m.config.kind == BlipKind::contrastive)
    add(contrast_image(m, states)), add(contrast_text(m, kTexts));
  return all;
}

}  // namespace

TEST_CASE("every reference case of BLIP and of generation agrees on rt") {
  for (const char* area : {"blip", "generation"}) {
    const std::vector<fs::path> folders = find_reference_cases(test::goldens() / area);
    REQUIRE(!folders.empty());
    for (const fs::path& folder : folders) {
      const CaseResult result = run_reference_case(folder, rt_case_kinds());
      for (const std::string& failure : result.failures) FAIL_CHECK(result.name << ": " << failure);
      CHECK_MESSAGE(result.passed(), result.name);
    }
  }
}

TEST_CASE("saved, loaded and saved again: the same bytes and outputs, for every kind") {
  for (const BlipKind kind : kKinds) {
    const test::ScratchFolder scratch;
    const Blip<Tensor> made = make_blip<Tensor>(tiny_blip(kind), 5);
    save_blip(made, scratch / "a");
    const Blip<Tensor> loaded = load_blip<Tensor>(scratch / "a");
    CHECK(loaded.config == made.config);
    save_blip(loaded, scratch / "b");
    for (const auto& entry : fs::directory_iterator(scratch / "a"))
      CHECK_MESSAGE(read_file(entry.path()) == read_file(fs::path(scratch / "b") / entry.path().filename()),
                    architecture_of(kind));
    CHECK(outputs_of(loaded) == outputs_of(made));
  }
}

TEST_CASE("a ResNet as the vision tower: texts look at its last stage, position by position") {
  for (const BlipKind kind : {BlipKind::caption, BlipKind::retrieval, BlipKind::pretraining}) {
    const test::ScratchFolder scratch;
    BlipConfig config = tiny_blip(kind);
    config.resnet = ResNetConfig{};
    config.resnet->embedding_size = 8, config.resnet->hidden_sizes = {16, 32}, config.resnet->depths = {1, 1};
    config.vision.hidden_size = config.text.encoder_hidden_size = 32, config.vision.image_size = 32;
    config = parse_blip_config(Json::parse(to_json(config).dump()), "test");
    const Blip<Tensor> made = make_blip<Tensor>(config, 5);
    save_blip(made, scratch / "a");
    const Blip<Tensor> loaded = load_blip<Tensor>(scratch / "a");
    CHECK(loaded.config == made.config);
    const Tensor states = encode_pixels(made.vision, some_pixels(2, 32, 32));
    CHECK(states.shape() == std::vector<int64_t>{2, 16, 32});  // 4 x 4 positions
    CHECK(encode_pixels(loaded.vision, some_pixels(2, 32, 32)).to_float() == states.to_float());
    if (kind != BlipKind::retrieval) CHECK(language_logits(made, kTexts, {states, {}}).shape()[2] == 30);
    if (kind == BlipKind::caption) continue;
    CHECK(contrast_image(made, states).shape() == std::vector<int64_t>{2, 8});
    CHECK(match_logits(made, kTexts, states).to_float() ==
          match_logits_over(made, kTexts, project_states(made.text_encoder, states)).to_float());
  }
}

TEST_CASE("a pre-trained model's parts become a captioner and a matching model") {
  const test::ScratchFolder scratch;
  const Blip<Tensor> whole = make_blip<Tensor>(tiny_blip(BlipKind::pretraining), 5);
  save_blip(whole, scratch / "whole");
  std::vector<std::string> fresh;
  const Blip<Tensor> captioner = load_blip_as<Tensor>(scratch / "whole", BlipKind::caption, 1, fresh);
  CHECK(fresh.empty());
  const Tensor states = encode_pixels(whole.vision, some_pixels(2, 16, 16));
  CHECK(language_logits(captioner, kTexts, {states, {}}).to_float() ==
        language_logits(whole, kTexts, {states, {}}).to_float());
  const Blip<Tensor> matcher = load_blip_as<Tensor>(scratch / "whole", BlipKind::retrieval, 1, fresh);
  CHECK(fresh.empty());
  CHECK(match_logits(matcher, kTexts, states).to_float() == match_logits(whole, kTexts, states).to_float());
  save_blip(captioner, scratch / "captioner");
  load_blip_as<Tensor>(scratch / "captioner", BlipKind::retrieval, 1, fresh);
  CHECK(fresh == std::vector<std::string>{"vision_proj.weight", "vision_proj.bias", "text_proj.weight",
                                          "text_proj.bias", "itm_head.weight", "itm_head.bias"});
}

TEST_CASE("written word by word or all at once: the same scores, whoever shares the picture") {
  const Blip<Tensor> m = make_blip<Tensor>(tiny_blip(BlipKind::caption), 5);
  const BlipContext<Tensor> context{encode_pixels(m.vision, some_pixels(2, 16, 16)), {}};
  const std::vector<float> whole = language_logits(m, {2, 4, kTexts.input_ids, {}, {}}, context).to_float();
  BlipDecoderState<Tensor> state = begin_decoding(m, context);
  const auto check_step = [&](const std::vector<float>& scores, size_t copies, size_t position) {
    for (size_t row = 0; row < 2; ++row)
      for (size_t c = 0; c < copies; ++c)
        for (size_t v = 0; v < 30; ++v)
          CHECK(scores[(row * copies + c) * 30 + v] ==
                doctest::Approx(whole[(row * 4 + position) * 30 + v]).epsilon(1e-4));
  };
  check_step(decode_next(m, {2, 2, std::vector<int64_t>{4, 7, 4, 8}}, state).to_float(), 1, 1);
  select_rows(state, {0, 0, 0, 1, 1, 1}, nullptr);  // three beams a picture
  check_step(decode_next(m, {6, 1, std::vector<int64_t>{9, 9, 9, 3, 3, 3}}, state).to_float(), 3, 2);
  const std::vector<int64_t> second{1};
  select_rows(state, {4}, &second);
  const std::vector<float> last = decode_next(m, {1, 1, std::vector<int64_t>{0}}, state).to_float();
  for (size_t v = 0; v < 30; ++v) CHECK(last[v] == doctest::Approx(whole[(4 + 3) * 30 + v]).epsilon(1e-4));
}

TEST_CASE("many texts over one picture's keys score as pairs do") {
  const Blip<Tensor> m = make_blip<Tensor>(tiny_blip(BlipKind::retrieval), 5);
  const Tensor one = encode_pixels(m.vision, some_pixels(1, 16, 16));
  const std::vector<float> pair = [&] {
    std::vector<float> twice = one.to_float();
    const size_t n = twice.size();
    twice.insert(twice.end(), twice.begin(), twice.begin() + static_cast<std::ptrdiff_t>(n));
    return match_logits(m, kTexts, Tensor::from_float(twice.data(), {2, one.size(1), one.size(2)})).to_float();
  }();
  const std::vector<float> over = match_logits_over(m, kTexts, project_states(m.text_encoder, one)).to_float();
  REQUIRE(over.size() == pair.size());
  for (size_t i = 0; i < over.size(); ++i) CHECK(over[i] == doctest::Approx(pair[i]).epsilon(1e-4));
}

TEST_CASE("configurations that no model can have") {
  const auto error = [](const std::function<void(Json&)>& change) {
    Json json = Json::parse(to_json(tiny_blip(BlipKind::vqa)).dump());
    change(json);
    return test::error_of([&] { parse_blip_config(json, "config.json"); });
  };
  CHECK(error([](Json&) {}).empty());
  CHECK(error([](Json& j) { j["model_type"] = "clip"; }) ==
        "[config] config.json: expected model_type blip, got \"clip\"");
  CHECK(error([](Json& j) {
          j["architectures"] = {"BlipForChess"};
        }).starts_with("[config] config.json: expected one of BlipForConditionalGeneration, "));
  CHECK(error([](Json& j) {
          j["vision_config"]["hidden_size"] = 24;
        }).starts_with("[config] config.json: expected one hidden_size for vision and text"));
  CHECK(error([](Json& j) { j["text_config"]["sep_token_id"] = 30; }) ==
        "[config] config.json: text_config: expected sep_token_id in [0, 30), got 30");
  CHECK(error([](Json& j) {
          j["vision_config"] = {{"model_type", "resnet"}, {"hidden_sizes", Json::array()}, {"depths", Json::array()}};
        }) == "[config] config.json: vision_config: expected at least one stage in hidden_sizes, got none");
  CHECK(error([](Json& j) {
          j["vision_config"] = {{"model_type", "resnet"}, {"hidden_sizes", {16, 1e30}}, {"depths", {1, 1}}};
        }) == "[config] config.json: vision_config: expected a list of integers for \"hidden_sizes\", got [16,1e+30]");
  CHECK(error([](Json& j) { j["text_config"]["num_hidden_layers"] = 1 << 20; }) ==
        "[config] config.json: text_config: expected \"num_hidden_layers\" between 1 and 4096, got 1048576");
  CHECK(error([](Json& j) {
          j["vision_config"]["patch_size"] = 5;
        }).starts_with("[config] config.json: expected an image_size that patch_size 5 divides"));
}

TEST_CASE("pixels that are no whole patches, and texts beyond the positions") {
  const Blip<Tensor> m = make_blip<Tensor>(tiny_blip(BlipKind::caption), 5);
  CHECK(test::error_of([&] { encode_pixels(m.vision, some_pixels(1, 16, 20)); }) ==
        "[encode image] expected a height and a width that patches of 8 fill, got 16 x 20");
  CHECK(encode_pixels(m.vision, some_pixels(1, 24, 16)).size(1) == 7);
  BlipDecoderState<Tensor> state = begin_decoding(m, {encode_pixels(m.vision, some_pixels(1, 16, 16)), {}});
  CHECK(test::error_of([&] {
          decode_next(m, {1, 13, std::vector<int64_t>(13, 5)}, state);
        }) == "[generate] expected at most 12 tokens a text, got 13");
}
