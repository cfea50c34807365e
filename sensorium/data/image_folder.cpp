#include "sensorium/data/image_folder.h"

#include <algorithm>
#include <set>

namespace sensorium {

bool has_picture_ending(const fs::path& file) {
  static const std::set<std::string> known{".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"};
  std::string ending = file.extension().string();
  for (char& c : ending) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return known.contains(ending);
}

Source open_image_folder(const fs::path& root) {
  std::error_code error;
  if (!fs::is_directory(root, error))
    throw InputError("data prepare", "{}: expected a folder of classes, got {}", root.string(),
                     fs::exists(root, error) ? "something else" : "nothing of that name");
  std::vector<std::string> folders;
  for (fs::directory_iterator it(root, error), end; !error && it != end; it.increment(error))
    if (std::error_code ignored; it->is_directory(ignored)) folders.push_back(it->path().filename().string());
  if (error || folders.empty())
    throw InputError("data prepare", "{}: expected a folder a class, got {}", root.string(),
                     error ? error.message() : "no folders");
  const bool splits = std::all_of(folders.begin(), folders.end(), [](const std::string& folder) {
    const std::string split = split_name(folder);
    return split == "train" || split == "val" || split == "test";
  });
  fs::path absolute = fs::absolute(root).lexically_normal();
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  const std::string name = absolute.filename().string();
  return {name, [=](const ItemSink& sink, Tally& tally) {
            for (const fs::path& file : files_below(absolute)) {
              if (!has_picture_ending(file)) continue;
              const fs::path within = file.lexically_relative(absolute);
              std::vector<std::string> parts;
              for (const fs::path& part : within) parts.push_back(part.string());
              if (parts.size() < (splits ? 3u : 2u)) {
                tally.add("picture outside a class", file.string());
                continue;
              }
              Item item;
              item.record.source = name;
              item.record.id = name + "/" + within.generic_string();
              item.record.image = file.string();
              item.record.label = parts[splits ? 1 : 0];
              if (splits) item.record.split = split_name(parts[0]);
              sink(std::move(item));
            }
          }};
}

}  // namespace sensorium
