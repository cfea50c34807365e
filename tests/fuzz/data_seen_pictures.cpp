#include "sensorium/base/error.h"
#include "sensorium/data/seen_pictures.h"
#include "tests/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  const fs::path folder = fuzz::fresh_folder();
  fuzz::put_file(folder / SeenPictures::kFile, fuzz::view_of(data, size));
  Record record;
  record.hash = std::string(32, 'a');
  record.colours = std::string(96, '7');
  try {
    if (const auto seen = SeenPictures::load(folder)) seen->find({&record, 1}, 6, 6);
  } catch (const Error&) {
  }
  return 0;
}
