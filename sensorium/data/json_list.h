#pragma once
// Lists in JSON files of any size, element by element: the annotation files of large corpora do not fit in memory.

#include "sensorium/base/json.h"

#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace sensorium {

/// An element of a list, as its text and where that begins in the file.
struct JsonElement {
  size_t list = 0;  // index into the keys asked for
  std::string_view text;
  uint64_t offset = 0;
};

/// Calls `element` for each element of the lists that a top-level object holds under `keys`, in the file's order, until
/// it returns false; the key "" is a list that is the whole file. What is passed over is checked only for balanced
/// brackets and ended strings, elements not at all: parse_element does that. Returns for each key whether its list was
/// there. Throws InputError naming the file when it cannot be read, is not such JSON, or has an element of more than
/// 64 MiB. Memory: one element.
std::vector<bool> for_each_json_element(const fs::path& file, std::span<const std::string_view> keys,
                                        const std::function<bool(const JsonElement&)>& element);

/// The element parsed. Throws InputError naming file and place.
Json parse_element(const JsonElement& element, const fs::path& file);

/// The integer that an object has under the first of `keys` which it has, found without parsing the rest. Nothing when
/// there is none.
std::optional<int64_t> integer_member(std::string_view object, std::span<const std::string_view> keys);

/// Where an element lies, to be read later.
struct JsonPlace {
  uint64_t offset = 0;
  uint32_t size = 0;
};

/// Elements of a file by their places. Not thread-safe.
class JsonElementFile {
 public:
  /// Throws InputError when the file cannot be opened.
  explicit JsonElementFile(const fs::path& file);
  /// Throws InputError when it cannot be read or parsed.
  Json read(const JsonPlace& place);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  fs::path path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::string text_;
};

/// object[key] as text; empty when there is none or it is of another type.
std::string text_member(const Json& object, const char* key);

/// object[key] as a number; 0 likewise.
double number_member(const Json& object, const char* key);

/// object[key] as a list; an empty one likewise.
const Json& list_member(const Json& object, const char* key);

}  // namespace sensorium
