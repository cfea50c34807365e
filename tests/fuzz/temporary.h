#pragma once
// For parsers that read files: the fuzzer's bytes as one file, or as several of a folder.

#include "sensorium/base/file.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace sensorium::fuzz {

/// A file in memory where the system has /dev/shm, gone at the end of the program; the same one for every input.
inline fs::path file_of(const uint8_t* data, size_t size, const std::string& suffix = "") {
  static const std::string path = "/dev/shm/sensorium-fuzz-" + std::to_string(getpid()) + suffix;
  static const int registered = std::atexit([] { std::remove(path.c_str()); });
  (void)registered;
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (!file) std::abort();
  std::fwrite(data, 1, size, file);
  std::fclose(file);
  return path;
}

/// A folder in memory, empty at each call, gone at the end of the program.
inline fs::path fresh_folder() {
  static const fs::path path = "/dev/shm/sensorium-fuzz-" + std::to_string(getpid()) + "-folder";
  static const int registered = std::atexit([] { fs::remove_all(path); });
  (void)registered;
  fs::remove_all(path);
  fs::create_directory(path);
  return path;
}

/// Writes a file without the care of atomic writing.
inline void put_file(const fs::path& path, std::string_view content) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (!file) std::abort();
  std::fwrite(content.data(), 1, content.size(), file);
  std::fclose(file);
}

/// The part of the bytes before the first `end`; `rest` becomes what follows it.
inline std::string_view take_part(std::string_view& rest, char end = '\0') {
  const std::string_view part = rest.substr(0, rest.find(end));
  rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  return part;
}

inline std::string_view view_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace sensorium::fuzz
