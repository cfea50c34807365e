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
  const size_t plane = picture_size() / 3;
  for (size_t i = 0; i < 3 * static_cast<size_t>(count); ++i)
    table->look_up(i % 3, bytes.data() + i * plane, plane, values.data() + i * plane);
  return values;
}

}  // namespace sensorium
