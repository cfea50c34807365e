#include "sensorium/io/image_pipeline.h"

#include "tests/io/golden.h"
#include "tests/io/jpeg_files.h"

#include <doctest/doctest.h>

using namespace sensorium;
using namespace sensorium::test;

namespace {

std::vector<ImageProcessor> processors() {
  std::vector<ImageProcessor> all;
  for (const char* json :
       {R"({"image_processor_type": "CLIPImageProcessor", "size": 30, "crop_size": 30})",
        R"({"image_processor_type": "CLIPImageProcessor", "size": 20, "crop_size": [33, 24]})",
        R"({"image_processor_type": "ViTImageProcessor", "size": {"height": 32, "width": 48}})",
        R"({"image_processor_type": "SiglipImageProcessor", "size": {"height": 37, "width": 37}, "resample": 1})",
        R"({"image_processor_type": "BlipImageProcessor", "size": {"height": 53, "width": 16}})",
        R"({"image_processor_type": "CLIPImageProcessor", "size": 24, "crop_size": 20, "resample": 0})",
        R"({"do_resize": false, "crop_size": 40})"})
    all.push_back(ImageProcessor::from_json(parse_json(json, "p.json"), "p.json"));
  return all;
}

/// What the pipeline gives has to be what decoding and processing give, or the same error.
void compare(ImagePipeline& pipeline, const ImageProcessor& processor, std::string_view file,
             const std::string& name = "file") {
  const auto bytes = std::as_bytes(std::span(file));
  std::vector<uint8_t> expected(processor.output_size()), got(processor.output_size(), 7);
  const std::string expected_error =
      error_of([&] { processor.process(decode_image_alpha(bytes, name), expected.data()); });
  const std::string error = error_of([&] { pipeline.run(bytes, name, got.data()); });
  CHECK(error == expected_error);
  if (error.empty()) CHECK(got == expected);
}

}  // namespace

TEST_CASE("the pipeline gives what decoding and processing give, for every kind of file, good or broken") {
  std::vector<fs::path> files;
  for (const char* folder : {"files", "bad", "base"})
    for (const auto& entry : fs::directory_iterator(image_goldens() / folder)) files.push_back(entry.path());
  REQUIRE(files.size() > 80);
  for (const ImageProcessor& processor : processors()) {
    ImagePipeline pipeline(processor);
    for (const fs::path& file : files) {
      if (file.filename() == "large_10000x10000.png") continue;
      CAPTURE(file.string());
      compare(pipeline, processor, read_file(file), file.string());
    }
  }
}

TEST_CASE("JPEG files of any sampling and shape are cut while they are decoded, exactly") {
  const std::vector<ImageProcessor> all = processors();
  std::vector<ImagePipeline> pipelines;
  for (const ImageProcessor& processor : all) pipelines.emplace_back(processor);
  CounterRng rng(3);
  for (int i = 0; i < 150; ++i) {
    JpegKind kind;
    kind.across = 1 << rng.below(3);
    kind.down = 1 << rng.below(2);
    kind.progressive = rng.below(3) == 0;
    kind.restart_rows = rng.below(3) == 0;
    const bool wide = rng.below(2);
    const int longer = 40 + static_cast<int>(rng.below(400)), shorter = 1 + static_cast<int>(rng.below(90));
    const Image image = wavy_image(wide ? longer : shorter, wide ? shorter : longer, rng.below(5) == 0 ? 1 : 3, rng);
    CAPTURE(image.width);
    CAPTURE(image.height);
    CAPTURE(kind.across);
    CAPTURE(kind.down);
    CAPTURE(kind.progressive);
    std::string file = jpeg_file(image, kind);
    if (i % 10 == 9) file.resize(file.size() / 2);
    const size_t p = static_cast<size_t>(i) % all.size();
    compare(pipelines[p], all[p], file);
  }
}

TEST_CASE("limits and orientation hold in the pipeline") {
  const ImageProcessor processor = processors()[0];
  const std::string file = read_file(image_goldens() / "files" / "jpeg_exif6_37x53.jpg");
  const auto bytes = std::as_bytes(std::span(file));
  DecodeOptions options;
  options.apply_exif_orientation = true;
  std::vector<uint8_t> expected(processor.output_size()), got(processor.output_size());
  processor.process(decode_image_alpha(bytes, "file", options), expected.data());
  ImagePipeline(processor, options).run(bytes, "file", got.data());
  CHECK(got == expected);
  options.limits.pixels = 100;
  CHECK(error_of([&] { ImagePipeline(processor, options).run(bytes, "file", got.data()); }) ==
        "[image] file: expected at most 100 pixels, got 37x53");
  options.limits.bytes = 10;
  CHECK(error_of([&] { ImagePipeline(processor, options).run(bytes, "file", got.data()); }) ==
        "[image] file: expected at most 10 bytes, got 2085");
}
