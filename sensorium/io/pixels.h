#pragma once
// Pictures as a model takes them, and still bytes: a quarter of the memory of the floats that they stand for.

#include "sensorium/tensor/pixel_table.h"

#include <memory>
#include <vector>

namespace sensorium {

/// B pictures of one image processor (see ImageProcessor::pixels). What stands for a byte is the table's business until
/// a model's first product looks it up.
struct Pixels {
  std::vector<uint8_t> bytes;  // [B, 3, H, W]
  int64_t count = 0, height = 0, width = 0;
  std::shared_ptr<const PixelTable> table;

  /// Bytes of one picture.
  size_t picture_size() const { return 3 * static_cast<size_t>(height) * static_cast<size_t>(width); }
  uint8_t* picture(size_t i) { return bytes.data() + i * picture_size(); }
  const uint8_t* picture(size_t i) const { return bytes.data() + i * picture_size(); }

  void clear() { bytes.clear(), count = 0; }
  /// Takes more pictures of the same processor in.
  void append(const Pixels& more);
  /// The values that the bytes stand for, [B, 3, H, W]: rescaled and normalised.
  std::vector<float> to_float() const;
};

}  // namespace sensorium
