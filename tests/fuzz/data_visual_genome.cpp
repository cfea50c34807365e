#include "sensorium/data/visual_genome.h"
#include "tests/fuzz/data_source.h"
#include "tests/fuzz/temporary.h"

#include <fstream>

namespace {

// The parts of a folder of Visual Genome are what stands between bytes 0 in the input.
constexpr const char* kFiles[] = {"image_data.json", "region_descriptions.json", "objects.json",
                                  "attributes.json", "relationships.json",       "question_answers.json"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  const fs::path folder = fuzz::file_of(data, 0, ".dir").string() + ".vg";
  fs::create_directories(folder);
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  for (const char* file : kFiles) {
    const std::string_view part = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    std::ofstream(folder / file, std::ios::binary) << part;
  }
  fuzz::read_source([&] { return open_visual_genome(folder, "/", true, {}); });
  fs::remove_all(folder);
  return 0;
}
