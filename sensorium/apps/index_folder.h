#pragma once
// Pictures of folders as items of an index, kept up to date with the files.

#include "sensorium/apps/picture_index.h"
#include "sensorium/index/vector_index.h"

#include <map>

namespace sensorium {

/// What a round changed.
struct FolderChanges {
  size_t added = 0, replaced = 0, unchanged = 0, removed = 0;
  Tally skipped;
  bool any() const { return added + replaced + removed + skipped.total() > 0; }
};

/// Pictures are items by their absolute path, with metadata "path", "bytes" and "changed_ns", by which a changed file
/// is known. A picture that cannot be read is tried again only when its file has changed. Not thread-safe.
class IndexedFolders {
 public:
  /// `inputs` are pictures and folders. Throws InputError for one that is not there.
  IndexedFolders(VectorIndex& index, const Embedder& model, std::vector<std::string> inputs, PictureOptions options);
  /// Adds what is new or changed and, if told so, removes items below the folders whose files are gone.
  FolderChanges update(bool remove_gone);

 private:
  struct FileState {
    int64_t bytes = 0, changed_ns = 0;
    bool broken = false;
  };
  bool is_ours(const std::string& path) const;
  void embed(const std::vector<fs::path>& files, FolderChanges& changes);
  VectorIndex& index_;
  const Embedder& model_;
  std::vector<std::string> inputs_;
  PictureOptions options_;
  std::map<std::string, FileState> known_;  // by absolute path
};

}  // namespace sensorium
