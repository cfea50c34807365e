// An EXIF block by itself, without the picture around it.
#include "sensorium/io/image_formats.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium::image_detail;
  const int orientation = exif_orientation({data, size});
  if (orientation < 1 || orientation > 8) __builtin_trap();
  return 0;
}
