#include "sensorium/base/error.h"
#include "sensorium/data/svg.h"
#include "tests/fuzz/temporary.h"

// What fontconfig read of fonts stays with it until the process ends, out of the sanitizer's sight: as much after one
// drawing as after twenty.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libfontconfig";
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  for (const SvgArea area : {SvgArea::page, SvgArea::drawing}) {
    try {
      render_svg(fuzz::view_of(data, size), "fuzz", 32, area);
    } catch (const Error&) {
    }
  }
  return 0;
}
