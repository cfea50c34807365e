#include "sensorium/models/reference_area.h"

#include <algorithm>

namespace sensorium {

std::vector<FoundArea> find_reference_areas(const fs::path& path, const std::vector<ReferenceArea>& areas) {
  std::vector<fs::path> folders;
  if (fs::is_directory(path)) {
    folders.push_back(path);
    for (const auto& entry : fs::directory_iterator(path))
      if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  std::vector<FoundArea> found;
  for (const fs::path& folder : folders)
    for (const ReferenceArea& area : areas)
      if (area.applies(folder)) found.push_back({folder, &area});
  return found;
}

std::vector<CaseResult> run_reference_area(const FoundArea& found) {
  try {
    return found.area->run(found.folder);
  } catch (const std::exception& e) {
    CaseResult result;
    result.name = fs::weakly_canonical(found.folder).filename().string();
    result.failures.push_back(e.what());
    return {result};
  }
}

void EqualityReport::run(const std::string& name, const std::function<void()>& body) {
  try {
    body();
  } catch (const std::exception& e) {
    check(false, [&] { return fmt::format("{}: {}", name, e.what()); });
  }
}

}  // namespace sensorium
