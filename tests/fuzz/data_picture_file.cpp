// A picture's place as records have it, in a shard of 1000 bytes.
#include "sensorium/base/error.h"
#include "sensorium/data/picture_file.h"
#include "tests/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  const std::string shard(1000, 'x');
  const fs::path file = fuzz::file_of(reinterpret_cast<const uint8_t*>(shard.data()), shard.size(), ".tar");
  const fs::path place = file.string() + std::string(fuzz::view_of(data, size));
  picture_exists(place);
  try {
    const PictureFile picture(place);
    for (const std::byte b : picture.bytes())
      if (b != std::byte{'x'}) __builtin_trap();
  } catch (const Error&) {
  }
  return 0;
}
