#include "sensorium/io/image.h"

#include "sensorium/io/image_encode.h"
#include "tests/io/golden.h"

#include <doctest/doctest.h>

#include <set>

using namespace sensorium;
using namespace sensorium::test;

namespace {

bool is_supported(const Json& entry) {
  static const std::set<std::string> formats = {"JPEG", "PNG", "WEBP"};
  return formats.count(entry.at("format").get<std::string>()) > 0;
}

}  // namespace

TEST_CASE("decoding equals Pillow's pixel for pixel") {
  const GoldenSet golden("decoded");
  int checked = 0;
  for (const Json& entry : golden.entries) {
    if (!is_supported(entry)) continue;
    const std::string file = entry.at("file");
    CAPTURE(file);
    const fs::path path = image_goldens() / file;
    const auto tensor = [&](const char* key) { return image_of(golden.tensors.at(entry.at(key).at("key"))); };
    if (!entry.at("rgb").at("key").is_null()) {
      CHECK(read_image(path) == tensor("rgb"));
      ++checked;
    }
    if (entry.contains("rgba")) CHECK(read_image_alpha(path) == tensor("rgba"));
    if (entry.contains("rgb_on_white")) CHECK(composite_on(read_image_alpha(path)) == tensor("rgb_on_white"));
    if (entry.contains("rgb_exif_transposed")) {
      DecodeOptions options;
      options.apply_exif_orientation = true;
      CHECK(read_image(path, options) == tensor("rgb_exif_transposed"));
    }
  }
  CHECK(checked >= 20);
}
