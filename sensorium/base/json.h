#pragma once
// JSON through nlohmann::json, with errors that name the file and the key.

#include "sensorium/base/error.h"
#include "sensorium/base/file.h"

#include <nlohmann/json.hpp>

namespace sensorium {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

/// Parses text; `source` (a file name) stands in the error. Throws InputError.
Json parse_json(std::string_view text, std::string_view source);

/// Reads and parses a file of at most `limit` bytes. Throws InputError.
Json read_json(const fs::path& path, uint64_t limit = uint64_t{256} << 20);

namespace json_detail {
template <class T>
T convert(const Json& value, std::string_view key, std::string_view source) {
  const bool fits = [&] {
    if constexpr (std::is_same_v<T, bool>)
      return value.is_boolean();
    else if constexpr (std::is_integral_v<T>)
      return value.is_number_integer();
    else if constexpr (std::is_floating_point_v<T>)
      return value.is_number();
    else if constexpr (std::is_same_v<T, std::string>)
      return value.is_string();
    else
      return true;
  }();
  try {
    if (fits) return value.get<T>();
  } catch (const Json::exception&) {
  }
  const char* expected = std::is_same_v<T, bool>          ? "true or false"
                         : std::is_integral_v<T>          ? "an integer"
                         : std::is_floating_point_v<T>    ? "a number"
                         : std::is_same_v<T, std::string> ? "a string"
                                                          : "a value of another type";
  throw InputError("config", "{}: expected {} for \"{}\", got {}", source, expected, key, value.dump().substr(0, 80));
}
}  // namespace json_detail

/// object[key] as T. Throws InputError naming `source`, the key and what was found when it is missing or of another
/// type.
template <class T>
T json_get(const Json& object, std::string_view key, std::string_view source) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  if (it == object.end() || it->is_null())
    throw InputError("config", "{}: expected a value for \"{}\", got none", source, key);
  return json_detail::convert<T>(*it, key, source);
}

/// Like json_get, but `fallback` when the key is missing or null.
template <class T>
T json_get_or(const Json& object, std::string_view key, T fallback, std::string_view source) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  if (it == object.end() || it->is_null()) return fallback;
  return json_detail::convert<T>(*it, key, source);
}

}  // namespace sensorium
