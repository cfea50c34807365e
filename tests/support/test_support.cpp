#include "tests/support/test_support.h"

#include <unistd.h>

#include <cstdlib>

namespace sensorium::test {

fs::path goldens() {
  if (const char* given = std::getenv("SENSORIUM_GOLDENS")) return given;
  return fs::path(SENSORIUM_SOURCE_DIR) / "tests" / "goldens";
}

ScratchFolder::ScratchFolder() {
  std::string name = (fs::temp_directory_path() / "sensorium-test-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw EnvironmentError("test", "expected a writable temporary folder, got none");
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string error_of(const std::function<void()>& action, const fs::path& folder) {
  try {
    action();
  } catch (const Error& e) {
    std::string message = e.what();
    if (const std::string name = folder.string(); !name.empty())
      for (size_t at = message.find(name); at != std::string::npos; at = message.find(name))
        message.replace(at, name.size(), "DIR");
    return message;
  }
  return "";
}

}  // namespace sensorium::test
