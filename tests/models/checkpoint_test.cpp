// Checkpoints there and back in every layout, and broken ones.

#include "sensorium/models/lora.h"
#include "sensorium/models/rt/rt_ops.h"
#include "tests/models/tiny.h"
#include "tests/models/weights.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

using namespace sensorium;
using rt::Tensor;
using test::Embeds, test::embeds_of, test::kTokens, test::some_pixels;

namespace {

/// A folder with a saved tiny CLIP whose tensors `change` may alter.
void save_changed(const fs::path& folder, const std::function<void(NamedTensors&)>& change) {
  save_dual_encoder(make_dual_encoder<Tensor>(test::tiny_clip(), 1), folder);
  test::change_weights(folder, change);
}

std::string load_error(const fs::path& folder) {
  return test::error_of([&] { load_dual_encoder<Tensor>(folder); }, folder);
}

}  // namespace

TEST_CASE("saved, loaded and saved again: the same bytes and embeddings, for every family") {
  for (const auto& [name, config] : test::tiny_families()) {
    const test::ScratchFolder scratch;
    const DualEncoder<Tensor> made = make_dual_encoder<Tensor>(config, 7);
    save_dual_encoder(made, scratch / "a");
    const DualEncoder<Tensor> loaded = load_dual_encoder<Tensor>(scratch / "a");
    save_dual_encoder(loaded, scratch / "b");
    for (const auto& entry : fs::directory_iterator(scratch / "a"))
      CHECK_MESSAGE(read_file(entry.path()) == read_file(fs::path(scratch / "b") / entry.path().filename()), name);
    CHECK_MESSAGE(embeds_of(loaded) == embeds_of(made), name);
  }
}

TEST_CASE("a CLIP goes to open_clip's layout and back with the same embeddings") {
  const test::ScratchFolder scratch;
  DualEncoder<Tensor> m = make_dual_encoder<Tensor>(test::tiny_clip(), 3);
  const Embeds first = embeds_of(m);
  m.config = with_layout(m.config, Layout::open_clip);
  save_dual_encoder(m, scratch / "open");
  CHECK(fs::exists(fs::path(scratch / "open") / "open_clip_model.safetensors"));
  DualEncoder<Tensor> open = load_dual_encoder<Tensor>(scratch / "open");
  CHECK(embeds_of(open) == first);
  open.config = with_layout(open.config, Layout::hugging_face);
  save_dual_encoder(open, scratch / "hf");
  CHECK(embeds_of(load_dual_encoder<Tensor>(scratch / "hf")) == first);
}

TEST_CASE("fresh weights depend on the seed alone, and begin as OpenAI's do") {
  const DualEncoder<Tensor> a = make_dual_encoder<Tensor>(test::tiny_clip(), 5),
                            b = make_dual_encoder<Tensor>(test::tiny_clip(), 5),
                            c = make_dual_encoder<Tensor>(test::tiny_clip(), 6);
  CHECK(embeds_of(a) == embeds_of(b));
  CHECK(embeds_of(a) != embeds_of(c));
  CHECK(a.logit_scale.to_float() == std::vector<float>{2.6592f});
  DualEncoder<Tensor> d = a;
  visit_weights(d, [](const WeightSpec& spec, Tensor& value) {
    if (spec.name != "text_model.embeddings.token_embedding.weight") return;
    double sum = 0, squares = 0;
    for (const float v : value.to_float()) sum += v, squares += static_cast<double>(v) * v;
    const double n = static_cast<double>(value.numel());
    CHECK(std::abs(sum / n) < 4 * 0.02 / std::sqrt(n));
    CHECK(std::sqrt(squares / n) == doctest::Approx(0.02).epsilon(0.1));
  });
}

TEST_CASE("a batch cut at its longest caption embeds as the whole") {
  const DualEncoder<Tensor> m = make_dual_encoder<Tensor>(test::tiny_clip(), 2);
  TokenBatch longer{2, 10, {}, {}, {}};
  for (int64_t b = 0; b < 2; ++b)
    for (int64_t t = 0; t < 10; ++t)
      longer.input_ids.push_back(t < 6 ? kTokens.input_ids[static_cast<size_t>(b * 6 + t)] : 1);
  CHECK(encode_text(m, longer).to_float() == encode_text(m, kTokens).to_float());
}

TEST_CASE("adapters begin without effect, and merge to what they did beside the weights") {
  const test::ScratchFolder scratch;
  DualEncoder<Tensor> m = make_dual_encoder<Tensor>(test::tiny_clip(), 2);
  const Embeds base = embeds_of(m);
  LoraConfig config;
  config.rank = 2;
  add_adapters(m, config, 1);
  CHECK(embeds_of(m) == base);
  visit_lora_layers(m, config, [](const std::string&, Linear<Tensor>& l) {
    std::vector<float> b = l.lora_b.to_float();
    for (size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(i % 7) * 0.1f - 0.3f;
    l.lora_b = Tensor::from_float(b.data(), l.lora_b.shape());
  });
  prepare_weights(m);
  const Embeds beside = embeds_of(m);
  CHECK(beside != base);
  save_adapter(m, config, "base", scratch / "adapter");
  DualEncoder<Tensor> other = make_dual_encoder<Tensor>(test::tiny_clip(), 2);
  CHECK(load_adapter(other, scratch / "adapter") == config);
  CHECK(embeds_of(other) == beside);
  merge_adapters(other, config);
  const Embeds merged = embeds_of(other);
  for (size_t i = 0; i < merged.texts.size(); ++i)
    CHECK(merged.texts[i] == doctest::Approx(beside.texts[i]).epsilon(1e-4));
}

TEST_CASE("checkpoints that do not fit their configuration are refused by name") {
  const test::ScratchFolder scratch;
  const fs::path folder = scratch.path();
  save_changed(
      folder, [](NamedTensors& t) { std::erase_if(t, [](auto& x) { return x.first == "visual_projection.weight"; }); });
  CHECK(load_error(folder) ==
        "[load weights] DIR/model.safetensors: expected a tensor \"visual_projection.weight\" of shape [8, 16] (by "
        "DIR/config.json), got none");

  const std::vector<float> wrong(17);
  save_changed(folder, [&](NamedTensors& t) {
    for (auto& [name, view] : t)
      if (name == "vision_model.post_layernorm.bias") view = TensorView::of(wrong.data(), {17});
  });
  CHECK(load_error(folder) ==
        "[load weights] DIR/model.safetensors: expected \"vision_model.post_layernorm.bias\" of shape [16] (by "
        "DIR/config.json), got [17]");

  const std::vector<int32_t> integers(16);
  save_changed(folder, [&](NamedTensors& t) {
    for (auto& [name, view] : t)
      if (name == "vision_model.post_layernorm.bias") view = {SafeDType::I32, {16}, std::as_bytes(std::span(integers))};
  });
  CHECK(load_error(folder) ==
        "[load weights] DIR/model.safetensors: expected \"vision_model.post_layernorm.bias\" as F32, F16, BF16 or F64, "
        "got "
        "I32");

  save_changed(folder, [&](NamedTensors& t) { t.emplace_back("extra.weight", TensorView::of(wrong.data(), {17})); });
  CHECK(
      load_error(folder) ==
      "[load weights] DIR/model.safetensors: expected only the tensors that DIR/config.json describes, got 1 more, the "
      "first \"extra.weight\"");

  save_changed(folder, [&](NamedTensors& t) {
    t.emplace_back("text_model.embeddings.position_ids", TensorView::of(wrong.data(), {1, 17}));
  });
  CHECK(load_error(folder) == "");  // older checkpoints carry it
}

TEST_CASE("configurations that contradict themselves or the weights are refused") {
  const test::ScratchFolder scratch;
  const fs::path folder = scratch.path();
  save_dual_encoder(make_dual_encoder<Tensor>(test::tiny_clip(), 1), folder);
  const Json good = read_json(folder / "config.json");
  const auto with = [&](const char* tower, const char* key, const Json& value) {
    Json json = good;
    json[tower][key] = value;
    write_file(folder / "config.json", json.dump());
    return load_error(folder);
  };
  CHECK(with("vision_config", "patch_size", 7) ==
        "[config] DIR/config.json: expected an image_size that patch_size 7 divides, got 16");
  CHECK(with("text_config", "num_attention_heads", 5) ==
        "[config] DIR/config.json: expected a width that 5 attention heads divide, got 24");
  CHECK(
      with("text_config", "hidden_act", "swish") ==
      "[config] DIR/config.json: expected hidden_act gelu, quick_gelu, gelu_pytorch_tanh, gelu_new, relu or tanh, got "
      "\"swish\"");
  CHECK(with("text_config", "vocab_size", 51) ==
        "[load weights] DIR/model.safetensors: expected \"text_model.embeddings.token_embedding.weight\" of shape [51, "
        "24] "
        "(by DIR/config.json), got [50, 24]");
  CHECK(with("vision_config", "num_hidden_layers", 1).find("got 16 more, the first \"vision_model.encoder.layers.1.") !=
        std::string::npos);
  fs::remove(folder / "config.json");
  CHECK(load_error(folder) == "[config] DIR: expected config.json or open_clip_config.json, got neither");
}

TEST_CASE("inputs of a wrong shape are refused") {
  const DualEncoder<Tensor> m = make_dual_encoder<Tensor>(test::tiny_clip(), 1);
  CHECK(test::error_of([&] { encode_image(m, some_pixels(1, 24)); }) ==
        "[encode image] expected pixels of shape [batch, 3, 16, 16], got [1, 3, 24, 24]");
  CHECK(test::error_of([&] {
          encode_text(m, {1, 3, {0, 50, 2}, {}, {}});
        }) == "[encode text] expected token ids in [0, 50), got 50");
  CHECK(test::error_of([&] {
          encode_text(m, {1, 11, std::vector<int64_t>(11), {}, {}});
        }) == "[encode text] expected 1 to 10 tokens a text, got 11");
  CHECK(test::error_of([&] {
          encode_text(m, {1, 3, {0, 1}, {}, {}});
        }) == "[encode text] expected 3 input_ids for 1 x 3 tokens, got 2");
}

TEST_CASE("adapters of other kinds are refused") {
  const test::ScratchFolder scratch;
  const auto refusal = [&](const Json& json) {
    write_file(scratch / "adapter_config.json", json.dump());
    return test::error_of([&] { read_lora_config(scratch.path()); }, scratch.path());
  };
  Json json{{"peft_type", "LORA"}, {"r", 4}, {"lora_alpha", 8}, {"target_modules", {"q_proj"}}};
  CHECK(refusal(json) == "");
  json["use_dora"] = true;
  CHECK(refusal(json) ==
        "[lora] DIR/adapter_config.json: expected \"use_dora\": false (no other is supported), got true");
  json["peft_type"] = "IA3";
  CHECK(refusal(json) == "[lora] DIR/adapter_config.json: expected peft_type LORA, got \"IA3\"");
}
