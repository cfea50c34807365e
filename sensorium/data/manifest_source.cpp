#include "sensorium/data/manifest_source.h"

#include "sensorium/data/manifest.h"

namespace sensorium {

Source open_manifest(const fs::path& folder, const CaptionFilter& filter) {
  const Json header = read_manifest_header(folder);
  const fs::path root = fs::absolute(folder).lexically_normal();
  Source source{root.filename().string(), [=](const ItemSink& sink, Tally&) {
                  for_each_record(root, {{}, filter.languages, {}, false}, [&](Record&& record) {
                    if (!record.image.empty()) record.image = (root / record.image).lexically_normal().string();
                    for (Audio& audio : record.audio) audio.path = (root / audio.path).lexically_normal().string();
                    sink({std::move(record), nullptr, ""});
                  });
                }};
  source.has_pictures = json_get_or<bool>(header, "pictures", true, (folder / kManifestFile).string());
  return source;
}

}  // namespace sensorium
