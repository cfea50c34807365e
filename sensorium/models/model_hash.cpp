#include "sensorium/models/model_hash.h"

#include "sensorium/base/error.h"
#include "sensorium/base/hash.h"

#include <algorithm>
#include <vector>

namespace sensorium {

std::string model_hash(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string e = entry.path().extension().string();
    if (entry.is_regular_file() && (e == ".json" || e == ".safetensors" || e == ".txt")) files.push_back(entry.path());
  }
  if (error) throw InputError("model", "{}: expected a checkpoint folder, got: {}", folder.string(), error.message());
  std::sort(files.begin(), files.end());
  std::string all;
  for (const fs::path& f : files) all += f.filename().string() + " " + content_hash_of_file(f) + "\n";
  return content_hash(all);
}

}  // namespace sensorium
