// A prepared folder: manifest.json, and after a NUL records.jsonl.
#include "sensorium/data/manifest.h"
#include "sensorium/data/manifest_source.h"
#include "tests/fuzz/data_source.h"
#include "tests/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  std::string_view rest = fuzz::view_of(data, size);
  const fs::path folder = fuzz::fresh_folder();
  fuzz::put_file(folder / kManifestFile, fuzz::take_part(rest));
  fuzz::put_file(folder / kRecordsFile, rest);
  fuzz::read_source([&] { return open_manifest(folder, {}); });
  return 0;
}
