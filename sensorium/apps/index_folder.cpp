#include "sensorium/apps/index_folder.h"

#include <sys/stat.h>

#include <algorithm>

namespace sensorium {
namespace {

constexpr size_t kPage = 1024;

}  // namespace

IndexedFolders::IndexedFolders(VectorIndex& index, const Embedder& model, std::vector<std::string> inputs,
                               PictureOptions options)
    : index_(index), model_(model), options_(options) {
  for (const std::string& input : inputs) {
    std::error_code error;
    const fs::path place = fs::canonical(input, error);
    if (error)
      throw InputError("sensorium index add", "{}: expected a picture or a folder, got: {}", input, error.message());
    inputs_.push_back(place.string());
  }
  std::string after;
  for (auto page = index.list(after, kPage, false); !page.empty(); page = index.list(after, kPage, false)) {
    for (const IndexItem& item : page)
      if (is_ours(item.id) && item.metadata.contains("changed_ns") && item.metadata.contains("bytes"))
        known_[item.id] = {json_get<int64_t>(item.metadata, "bytes", item.id),
                           json_get<int64_t>(item.metadata, "changed_ns", item.id), false};
    after = page.back().id;
  }
}

bool IndexedFolders::is_ours(const std::string& path) const {
  return std::any_of(inputs_.begin(), inputs_.end(), [&](const std::string& input) {
    return path == input || path.starts_with(input.ends_with('/') ? input : input + "/");
  });
}

void IndexedFolders::embed(const std::vector<fs::path>& files, FolderChanges& changes) {
  PictureOptions how = options_;
  how.total = files.size();
  const auto width = static_cast<size_t>(model_.width);
  encode_pictures(walk_list(files), *model_.processor, model_.encode_pixels, how, changes.skipped,
                  [&](PictureBatch&& batch) {
                    std::vector<IndexItem> items;
                    for (size_t i = 0; i < batch.items.size(); ++i) {
                      const std::string path = files[batch.indices[i]].string();
                      FileState& state = known_[path];
                      state.broken = false;
                      const float* row = &batch.rows[i * width];
                      items.push_back({path,
                                       {{"path", path}, {"bytes", state.bytes}, {"changed_ns", state.changed_ns}},
                                       {{"picture", {row, row + width}}}});
                    }
                    index_.put(items);
                  });
}

FolderChanges IndexedFolders::update(bool remove_gone) {
  FolderChanges changes;
  std::vector<fs::path> wanted;
  std::vector<bool> replaces;  // of each of them
  std::vector<std::string> seen;
  for (const fs::path& file : find_pictures(inputs_)) {
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) continue;
    const std::string path = file.string();
    seen.push_back(path);
    const FileState now{info.st_size, int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec, true};
    const auto known = known_.find(path);
    if (known != known_.end() && known->second.bytes == now.bytes && known->second.changed_ns == now.changed_ns) {
      if (!known->second.broken) ++changes.unchanged;
      continue;
    }
    replaces.push_back(known != known_.end() && !known->second.broken);
    known_[path] = now;  // broken until it has been read
    wanted.push_back(file);
  }
  if (!wanted.empty()) embed(wanted, changes);
  for (size_t i = 0; i < wanted.size(); ++i)
    if (!known_[wanted[i].string()].broken) ++(replaces[i] ? changes.replaced : changes.added);
  if (!remove_gone) return changes;
  std::sort(seen.begin(), seen.end());
  std::vector<std::string> gone;
  for (const auto& [path, state] : known_)
    if (!std::binary_search(seen.begin(), seen.end(), path)) gone.push_back(path);
  changes.removed = index_.remove(gone);
  for (const std::string& path : gone) known_.erase(path);
  return changes;
}

}  // namespace sensorium
