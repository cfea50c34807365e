// Parts of a bundle that do not fit each other are refused, with both values.

#include "sensorium/models/bundle.h"
#include "tests/models/tiny.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

using namespace sensorium;

namespace {

/// Knows ids and lengths, no text.
class SizedTokenizer : public Tokenizer {
 public:
  SizedTokenizer(int64_t vocabulary, int64_t length, int32_t eos)
      : Tokenizer(settings_of(length, eos)), vocabulary_(vocabulary) {}
  void save(const fs::path&) const override {}
  int64_t vocab_size() const override { return vocabulary_; }
  int32_t token_to_id(std::string_view) const override { return -1; }
  std::string_view kind() const override { return "sized"; }

 protected:
  void encode_plain(std::string_view, std::vector<int32_t>&) const override {}
  std::string decode_tokens(std::span<const int32_t>, bool) const override { return ""; }

 private:
  static TokenizerSettings settings_of(int64_t length, int32_t eos) {
    TokenizerSettings settings;
    settings.max_length = length;
    settings.special.eos = eos;
    return settings;
  }
  int64_t vocabulary_;
};

ImageProcessor processor_of(int size) {
  ImageProcessorConfig c;
  c.resize_height = c.resize_width = c.crop_height = c.crop_width = size;
  return ImageProcessor(c);
}

std::string refusal(const DualEncoderConfig& config, const SizedTokenizer& tokenizer, int image_size = 16) {
  return test::error_of([&] { check_bundle(config, tokenizer, processor_of(image_size), "folder"); });
}

}  // namespace

TEST_CASE("fitting parts make a bundle, others are refused with both values") {
  const DualEncoderConfig clip = test::tiny_clip();
  CHECK(refusal(clip, {50, 10, 49}) == "");
  CHECK(refusal(clip, {50, 10, 49}, 32) ==
        "[bundle] folder: expected an image processor of 16 x 16 pixels (image_size of the vision tower), got 32 x 32");
  CHECK(refusal(clip, {51, 10, 50}) ==
        "[bundle] folder: expected a tokenizer with at most 50 ids (vocab_size of the text tower), got 51");
  CHECK(
      refusal(clip, {50, 77, 49}) ==
      "[bundle] folder: expected a tokenizer of at most 10 tokens (max_position_embeddings of the text tower), got 77");
  CHECK(
      refusal(clip, {50, 10, 7}) ==
      "[bundle] folder: expected the tokenizer's end of text to be 49 (the largest id, which the text tower pools at), "
      "got 7");
  DualEncoderConfig first = clip;
  std::get<ClipTextConfig>(first.text).eos_token_id = 33;
  CHECK(refusal(first, {50, 10, 49}) ==
        "[bundle] folder: expected the tokenizer's end of text to be 33 (eos_token_id of the text tower), got 49");
  DualEncoderConfig grey = clip;
  std::get<ClipVisionConfig>(grey.vision).num_channels = 1;
  CHECK(refusal(grey, {50, 10, 49}) ==
        "[bundle] folder: expected a vision tower of 3 channels (as the image processor normalises), got 1");
  CHECK(refusal(test::tiny_resnet_bert(), {40, 12, -1}, 99) == "");  // a ResNet takes any size
}

TEST_CASE("SigLIP's texts are padded to the full length and carry no mask") {
  CHECK(text_options(test::tiny_siglip()).padding == Padding::max_length);
  CHECK(text_options(test::tiny_clip()).padding == Padding::longest);
  CHECK(text_options(test::tiny_clip()).max_length == 10);
}
