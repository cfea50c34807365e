#include "sensorium/data/write_plain.h"

#include "sensorium/base/error.h"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace sensorium {

void write_plain(const fs::path& path, std::string_view bytes) {
  make_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) throw EnvironmentError("write", "{}: expected to write, got: {}", path.string(), std::strerror(errno));
}

}  // namespace sensorium
