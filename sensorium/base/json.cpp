#include "sensorium/base/json.h"

namespace sensorium {

Json parse_json(std::string_view text, std::string_view source) {
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& e) {
    throw InputError("json", "{}: expected valid JSON, got a fault at byte {}", source, e.byte);
  }
}

Json read_json(const fs::path& path, uint64_t limit) {
  return parse_json(read_file(path, limit), path.string());
}

}  // namespace sensorium
