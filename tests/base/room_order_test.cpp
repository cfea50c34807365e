// The room order of docs/architecture.md, held against every include: a room includes only itself and rooms above it.

#include "sensorium/base/file.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

using namespace sensorium;

namespace {

const std::vector<std::string> kRooms = {"base",  "tensor", "io",    "text",  "models", "data", "classic",
                                         "index", "eval",   "torch", "train", "serve",  "apps"};

int rank_of(const std::string& room) {
  const auto at = std::find(kRooms.begin(), kRooms.end(), room);
  return at == kRooms.end() ? -1 : static_cast<int>(at - kRooms.begin());
}

/// "#include "sensorium/ROOM/..."" -> ROOM, else "".
std::string included_room(const std::string& line) {
  const std::string start = "#include \"sensorium/";
  if (!line.starts_with(start)) return "";
  return line.substr(start.size(), line.find('/', start.size()) - start.size());
}

}  // namespace

TEST_CASE("a room includes only rooms above it") {
  const fs::path root = fs::path(SENSORIUM_SOURCE_DIR) / "sensorium";
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string extension = entry.path().extension().string();
    if (extension != ".h" && extension != ".cpp") continue;
    ++files;
    const std::string room = fs::relative(entry.path(), root).begin()->string();
    REQUIRE_MESSAGE(rank_of(room) >= 0, entry.path().string() << " lies in no known room");
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      const std::string other = included_room(line);
      if (other.empty()) continue;
      CHECK_MESSAGE(rank_of(other) >= 0, entry.path().string() << " includes the unknown room " << other);
      CHECK_MESSAGE(rank_of(other) <= rank_of(room), entry.path().string()
                                                         << " includes " << other << ", which stands below " << room);
    }
  }
  CHECK(files > 10);
}

TEST_CASE("LibTorch headers appear only in torch, train and the training program") {
  const fs::path root = fs::path(SENSORIUM_SOURCE_DIR) / "sensorium";
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    const fs::path inside = fs::relative(entry.path(), root);
    const std::string room = inside.begin()->string();
    if (room == "torch" || room == "train" || inside.filename().string().starts_with("train_")) continue;
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);)
      for (const char* header : {"#include <torch/", "#include <ATen/", "#include <c10/"})
        CHECK_MESSAGE(!line.starts_with(header), entry.path().string() << ": " << line);
  }
}

TEST_CASE("every room has a README") {
  for (const auto& entry : fs::directory_iterator(fs::path(SENSORIUM_SOURCE_DIR) / "sensorium"))
    CHECK_MESSAGE(fs::exists(entry.path() / "README.md"), entry.path().string());
}
