#pragma once
// For parsers that read files: the fuzzer's bytes as one.

#include "sensorium/base/file.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

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

}  // namespace sensorium::fuzz
