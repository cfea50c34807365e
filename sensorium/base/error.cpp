#include "sensorium/base/error.h"

#include <cstdio>
#include <cstdlib>

namespace sensorium {

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "bug: %s:%d: %s does not hold\n", file, line, condition);
  std::abort();
}

}  // namespace sensorium
