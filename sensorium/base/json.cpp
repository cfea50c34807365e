#include "sensorium/base/json.h"

namespace sensorium {

namespace {

constexpr int kDeepest = 512;  // copies and dumps of values recurse

/// Whether arrays and objects lie deeper in each other than that.
bool too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kDeepest) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

}  // namespace

Json parse_json(std::string_view text, std::string_view source) {
  if (too_deep(text))
    throw InputError("json", "{}: expected at most {} levels of arrays and objects, got more", source, kDeepest);
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& e) {
    throw InputError("json", "{}: expected valid JSON, got a fault at byte {}", source, e.byte);
  } catch (const Json::out_of_range&) {
    throw InputError("json", "{}: expected numbers that a double holds, got a larger one", source);
  }
}

Json read_json(const fs::path& path, uint64_t limit) {
  return parse_json(read_file(path, limit), path.string());
}

}  // namespace sensorium
