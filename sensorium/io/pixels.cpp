#include "sensorium/io/pixels.h"

#include "sensorium/base/error.h"

namespace sensorium {

void Pixels::append(const Pixels& more) {
  SENSORIUM_ASSERT(count == 0 || more.picture_size() == picture_size());
  bytes.insert(bytes.end(), more.bytes.begin(), more.bytes.end());
  count += more.count;
  height = more.height, width = more.width, table = more.table;
}

std::vector<float> Pixels::to_float() const {
  std::vector<float> values(bytes.size());
  table->look_up_planes(bytes.data(), 0, 3 * static_cast<size_t>(count), picture_size() / 3, values.data());
  return values;
}

}  // namespace sensorium
