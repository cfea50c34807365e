#include "sensorium/io/image_processor.h"

#include "tests/io/golden.h"

#include <doctest/doctest.h>

using namespace sensorium;
using namespace sensorium::test;

namespace {

std::vector<float> processed(const ImageProcessor& processor, const fs::path& file) {
  return processor.process(read_image_alpha(file)).to_float();
}

std::string config_error(const std::string& json) {
  return error_of([&] { ImageProcessor::from_json(parse_json(json, "p.json"), "p.json"); });
}

std::string open_clip_error(const std::string& json) {
  return error_of([&] { ImageProcessor::from_open_clip(parse_json(json, "o.json"), 32, "o.json"); });
}

}  // namespace

TEST_CASE("processors give the reference's numbers bit for bit") {
  const GoldenSet golden("processors");
  int checked = 0;
  for (const Json& entry : golden.entries) {
    if (!entry.contains("key")) continue;
    const std::string key = entry.at("key");
    CAPTURE(key);
    const fs::path input = image_goldens() / entry.at("input").get<std::string>();
    const std::string uint8 = "#uint8";
    if (entry.at("processor") == "openai_torchvision_derived") {
      const auto processor = ImageProcessor::from_open_clip(Json::object(), entry.at("size"), "golden");
      CHECK(processed(processor, input) == to_float32(golden.tensors.at(key)));
    } else {
      const fs::path folder = image_goldens() / "processors" / entry.at("processor").get<std::string>();
      Json config = read_json(folder / "preprocessor_config.json");
      if (key.ends_with(uint8)) config["do_rescale"] = config["do_normalize"] = false;
      const auto processor = ImageProcessor::from_json(config, folder.string());
      CHECK(processed(processor, input) == to_float32(golden.tensors.at(key)));
    }
    ++checked;
  }
  CHECK(checked >= 10);
}

TEST_CASE("a processor written and read again is the same") {
  for (const char* text :
       {R"({"image_processor_type": "CLIPImageProcessor"})", R"({"image_processor_type": "ViTImageProcessor"})",
        R"({"image_processor_type": "BlipImageProcessorFast", "size": 40, "resample": 2})",
        R"({"image_processor_type": "DeiTImageProcessor", "image_mean": 0.25, "rescale_factor": 0.5})",
        R"({"feature_extractor_type": "CLIPFeatureExtractor", "size": 30, "crop_size": [20, 10]})",
        R"({"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 224}})",
        R"({"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 384}})",
        R"({"do_resize": false, "do_normalize": false, "do_rescale": false, "crop_size": 9})"}) {
    CAPTURE(text);
    const auto processor = ImageProcessor::from_json(parse_json(text, "p.json"), "p.json");
    const auto again = ImageProcessor::from_json(Json(processor.to_json()), "again");
    CHECK(again.config() == processor.config());
    CHECK(again.height() == processor.height());
  }
}

TEST_CASE("ConvNext below 384 resizes to more and cuts out, from 384 on squashes") {
  const auto make = [](int size) {
    return ImageProcessor::from_json(
        {{"image_processor_type", "ConvNextImageProcessor"}, {"size", {{"shortest_edge", size}}}}, "p.json");
  };
  Image image(40, 30);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(7 * i);
  const auto small = make(28);
  std::vector<uint8_t> got(small.output_size()), expected(small.output_size());
  small.process(image, got.data());
  const Image resized = resize(image, 42, 32, Resample::bilinear);  // 28 / (224 / 256) = 32
  small.place(crop(resized, {7, 2, 28, 28}), expected.data());
  CHECK(got == expected);
  CHECK(make(384).config().resize == ImageProcessorConfig::ResizeMode::exact);
}

TEST_CASE("extreme shapes cost no more than their crop") {
  Image line(200000, 1);
  for (size_t i = 0; i < line.pixels.size(); ++i) line.pixels[i] = static_cast<uint8_t>(i);
  const ImageProcessor processor{ImageProcessorConfig{}};
  const Pixels out = processor.process(line);  // resized in full, this would have 10^10 pixels
  CHECK(out.bytes[0] == out.bytes[224]);
  CHECK(error_of([&] { processor.process(Image()); }) == "[image processor] expected at least 1x1 pixels, got 0x0");
}

TEST_CASE("settings that are wrong are named") {
  CHECK(config_error("[]") == "[image processor] p.json: expected a JSON object, got array");
  CHECK(config_error(R"({"image_processor_type": "SamImageProcessor"})") ==
        "[image processor] p.json: expected an image_processor_type among CLIPImageProcessor, "
        "ChineseCLIPImageProcessor, BitImageProcessor, SiglipImageProcessor, BlipImageProcessor, ViTImageProcessor, "
        "DeiTImageProcessor, ConvNextImageProcessor, got SamImageProcessor");
  CHECK(config_error(R"({"do_pad": true})") ==
        "[image processor] p.json: expected only settings known here, got \"do_pad\": true");
  CHECK(config_error(R"({"do_pad": false, "pad_size": null})") == "");
  CHECK(config_error(R"({"size": {"shortest_edge": 8, "height": 9}})") ==
        "[image processor] p.json: expected \"size\" to name a shortest_edge or a height and width, got "
        "{\"height\":9,\"shortest_edge\":8}");
  CHECK(config_error(R"({"size": {"height": 9}})") ==
        "[image processor] p.json: expected a number or height and width as \"size\", got {\"height\":9}");
  CHECK(config_error(R"({"size": "big"})") ==
        "[image processor] p.json: expected a number or height and width as \"size\", got \"big\"");
  CHECK(config_error(R"({"size": 0})") ==
        "[image processor] p.json: expected a height to resize to from 1 to 16384, got 0");
  CHECK(config_error(R"({"crop_size": 99999999})") ==
        "[image processor] p.json: expected a crop height from 1 to 16384, got 99999999");
  CHECK(config_error(R"({"do_center_crop": false})") ==
        "[image processor] p.json: expected a fixed output size (a height and width to resize to, or a centre crop), "
        "got only a shortest edge");
  CHECK(config_error(R"({"do_center_crop": false, "do_resize": false})") ==
        "[image processor] p.json: expected a fixed output size (a height and width to resize to, or a centre crop), "
        "got neither");
  CHECK(config_error(R"({"resample": 6})") == "[image processor] p.json: expected a \"resample\" from 0 to 5, got 6");
  CHECK(config_error(R"({"image_mean": [0.5, 0.5]})") ==
        "[image processor] p.json: expected 3 numbers as \"image_mean\", got [0.5,0.5]");
  CHECK(config_error(R"({"image_std": [1, 0, 1]})") ==
        "[image processor] p.json: expected an image_std above 0, got 0");
  CHECK(config_error(R"({"do_resize": "yes"})") ==
        "[config] p.json: expected true or false for \"do_resize\", got \"yes\"");
  CHECK(config_error(R"({"crop_pct": 0.5})") ==
        "[image processor] p.json: expected \"crop_pct\" only for ConvNextImageProcessor, got it for "
        "CLIPImageProcessor");
  CHECK(open_clip_error(R"({"resize_mode": "longest"})") ==
        "[image processor] o.json: expected a \"resize_mode\" of squash, or of shortest with a square size, got "
        "longest with 32x32");
  CHECK(open_clip_error(R"({"interpolation": "random"})") ==
        "[image processor] o.json: expected an \"interpolation\" of bicubic, bilinear or nearest, got random");
  CHECK(open_clip_error(R"({"mode": "L"})") == "[image processor] o.json: expected \"mode\" RGB, got L");
}
