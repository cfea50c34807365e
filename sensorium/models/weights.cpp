#include "sensorium/models/weights.h"

#include <algorithm>

namespace sensorium {

std::vector<int64_t> WeightSpec::file_shape() const {
  std::vector<int64_t> s = has_stored_shape ? stored_shape : shape;
  if (transpose) std::reverse(s.begin(), s.end());
  if (parts > 1) s[0] *= parts;
  return s;
}

}  // namespace sensorium
