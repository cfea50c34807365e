#include "sensorium/base/error.h"
#include "sensorium/data/svg.h"
#include "tests/fuzz/temporary.h"

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
