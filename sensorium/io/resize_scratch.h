#pragma once
// Inside the io room: what a ResizeScratch holds.

#include "sensorium/io/resize_weights.h"

namespace sensorium {

struct ResizeScratch::Parts {
  resize_detail::Pass across, down;
  resize_detail::GroupBuffers buffers;
  Image between;  // the passes
  std::vector<int> columns, rows;
};

}  // namespace sensorium
