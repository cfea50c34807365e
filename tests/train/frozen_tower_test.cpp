#include "sensorium/train/frozen_tower.h"

#include "sensorium/io/image_processor.h"
#include "sensorium/models/pixel_tensor.h"
#include "sensorium/models/rt/rt_ops.h"
#include "sensorium/torch/ops.h"
#include "tests/models/tiny.h"

#include <doctest/doctest.h>
#include <torch/torch.h>

namespace sensorium::test {
namespace {

Pixels some_pixels(int64_t side) {
  Pixels pixels = ImageProcessor(ImageProcessorConfig{}).pixels(0);
  pixels.count = 2, pixels.height = pixels.width = side;
  for (int64_t i = 0; i < 2 * 3 * side * side; ++i) pixels.bytes.push_back(static_cast<uint8_t>(i * 37 % 251));
  return pixels;
}

/// Largest difference, as a part of the largest value.
double distance(const rt::Tensor& lean, const torch::Tensor& plain) {
  return ((to_torch(lean) - plain).abs().max() / plain.abs().max()).item<double>();
}

}  // namespace

TEST_CASE("a frozen tower in the lean runtime gives what it gives in LibTorch") {
  torch::NoGradGuard no_grad;
  TokenBatch tokens;
  tokens.batch = 2, tokens.length = 4;
  tokens.input_ids = {0, 7, 9, 2, 0, 5, 2, 1};
  tokens.attention_mask = {1, 1, 1, 1, 1, 1, 1, 0};
  tokens.token_type_ids.assign(8, 0);
  for (const DualEncoderConfig& config :
       {tiny_clip(), tiny_siglip(), tiny_chinese_clip(), tiny_vit_bert(), tiny_resnet_bert(), tiny_modified_resnet()}) {
    CAPTURE(to_json(config).dump());
    const auto model = make_dual_encoder<torch::Tensor>(config, 3);
    const DualEncoder<rt::Tensor> lean = lean_copy(model, {.threads = 2});
    const Pixels pixels = some_pixels(config.image_size() > 0 ? config.image_size() : 32);
    CHECK(distance(pool_image(lean, pixel_tensor<rt::Tensor>(pixels)),
                   pool_image(model, pixel_tensor<torch::Tensor>(pixels))) < 1e-5);
    CHECK(distance(pool_text(lean, tokens), pool_text(model, tokens)) < 1e-5);
  }
}

TEST_CASE("BLIP's frozen vision tower in the lean runtime gives what it gives in LibTorch") {
  torch::NoGradGuard no_grad;
  const Json tower = {
      {"hidden_size", 16}, {"intermediate_size", 32}, {"num_hidden_layers", 2}, {"num_attention_heads", 2}};
  Json json = {{"model_type", "blip"},
               {"architectures", {"BlipForConditionalGeneration"}},
               {"vision_config", tower},
               {"text_config", tower}};
  json["vision_config"].update(Json{{"image_size", 16}, {"patch_size", 8}});
  const auto model = make_blip<torch::Tensor>(parse_blip_config(json, "test"), 3);
  const Pixels pixels = some_pixels(16);
  const torch::Tensor states = encode_pixels(model.vision, pixel_tensor<torch::Tensor>(pixels));
  for (const auto& [precision, bound] : {std::pair{Precision::fp32, 1e-5}, std::pair{Precision::bf16, 2e-2}}) {
    const BlipVision<rt::Tensor> lean = lean_vision(model, {precision, 2});
    CHECK(distance(encode_pixels(lean, pixel_tensor<rt::Tensor>(pixels)), states) < bound);
  }
  rt::set_precision(Precision::fp32);
}

TEST_CASE("mirrored pixels are the picture's from right to left") {
  Pixels pixels = some_pixels(6);
  const torch::Tensor before = pixel_tensor<torch::Tensor>(pixels).clone();
  mirror(pixels);
  CHECK(pixel_tensor<torch::Tensor>(pixels).equal(before.flip({3})));
}

}  // namespace sensorium::test
