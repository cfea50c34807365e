#pragma once
// The image goldens: JSON entries that name tensors of the safetensors file beside them.

#include "sensorium/base/json.h"
#include "sensorium/io/colour.h"
#include "sensorium/io/image.h"
#include "sensorium/io/safetensors.h"
#include "tests/support/test_support.h"

#include <algorithm>

namespace sensorium::test {

inline fs::path image_goldens() {
  return goldens() / "images";
}

/// X.json and X.safetensors.
struct GoldenSet {
  Json entries;
  SafetensorsFile tensors;
  explicit GoldenSet(const std::string& stem)
      : entries(read_json(image_goldens() / (stem + ".json")).at("entries")),
        tensors(image_goldens() / (stem + ".safetensors")) {}
};

/// A tensor (H, W) or (H, W, C) uint8 as an image.
inline Image image_of(const TensorView& t) {
  Image image(static_cast<int>(t.shape.at(1)), static_cast<int>(t.shape.at(0)),
              t.shape.size() > 2 ? static_cast<int>(t.shape[2]) : 1);
  std::memcpy(image.pixels.data(), t.data.data(), t.data.size());
  return image;
}

}  // namespace sensorium::test
