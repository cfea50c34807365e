#include "sensorium/data/picture_walk.h"

#include "sensorium/data/image_folder.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <istream>

namespace sensorium {
namespace {

/// Names in blocks, each behind a byte that says whether it is a folder's: a folder of a million pictures takes little
/// more than the letters.
class Names {
 public:
  void add(bool is_folder, const std::string& name) {
    const size_t size = name.size() + 2;
    SENSORIUM_ASSERT(size <= kBlock);  // file systems know no such names
    if (blocks_.empty() || used_ + size > kBlock) {
      if (blocks_.size() == kBlocks) throw InputError("read", "expected a folder of fewer names, got 4 GiB of them");
      blocks_.push_back(std::make_unique<char[]>(kBlock));
      used_ = 0;
    }
    places_.push_back(static_cast<uint32_t>((blocks_.size() - 1) * kBlock + used_));
    char* to = blocks_.back().get() + used_;
    *to = is_folder ? 1 : 0;
    std::memcpy(to + 1, name.c_str(), name.size() + 1);
    used_ += size;
  }
  void sort() {
    std::sort(places_.begin(), places_.end(),
              [this](uint32_t a, uint32_t b) { return std::strcmp(at(a) + 1, at(b) + 1) < 0; });
  }
  bool empty() const { return places_.empty(); }
  /// The first that is left: name and whether it is a folder's.
  std::pair<std::string, bool> take() {
    const char* first = at(places_.front());
    places_.pop_front();
    return {first + 1, *first != 0};
  }

 private:
  static constexpr size_t kBlock = size_t{32} << 10, kBlocks = (uint64_t{1} << 32) / kBlock;
  const char* at(uint32_t place) const { return blocks_[place / kBlock].get() + place % kBlock; }
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::deque<uint32_t> places_;  // grows without being copied
  size_t used_ = 0;
};

/// A folder that is being walked.
struct Level {
  fs::path folder;
  Names names;

  explicit Level(const fs::path& path) : folder(path) {
    std::error_code error;
    fs::directory_iterator it(path, fs::directory_options::skip_permission_denied, error), end;
    for (; !error && it != end; it.increment(error)) {
      std::error_code ignored;
      const bool is_folder = it->is_directory(ignored);
      if (is_folder ? !it->is_symlink(ignored) : has_picture_ending(it->path()))
        names.add(is_folder, it->path().filename().native());
    }
    if (error) throw InputError("read", "{}: expected a readable folder, got: {}", path.string(), error.message());
    names.sort();
  }
};

/// Sorting the names of each folder, and going into folders where their names stand, gives the order of whole paths.
class FolderWalk {
 public:
  explicit FolderWalk(const fs::path& root) { levels_.emplace_back(root); }
  std::optional<PictureItem> next() {
    while (!levels_.empty()) {
      Level& level = levels_.back();
      if (level.names.empty()) {
        levels_.pop_back();
        continue;
      }
      const auto [name, is_folder] = level.names.take();
      fs::path path = level.folder / name;
      if (is_folder) {
        levels_.emplace_back(path);
      } else {
        std::string id = path.string();
        return PictureItem{std::move(path), std::move(id)};
      }
    }
    return std::nullopt;
  }

 private:
  std::deque<Level> levels_;
};

/// What `next_input` names, folders walked.
PictureStream walk(std::function<std::optional<std::string>()> next_input) {
  const auto folder = std::make_shared<std::optional<FolderWalk>>();
  return [folder, next_input = std::move(next_input)]() -> std::optional<PictureItem> {
    for (;;) {
      if (*folder) {
        if (auto item = (*folder)->next()) return item;
        folder->reset();
      }
      const auto input = next_input();
      if (!input) return std::nullopt;
      std::error_code ignored;
      if (!fs::is_directory(*input, ignored)) return PictureItem{*input, *input};
      folder->emplace(*input);
    }
  };
}

}  // namespace

PictureStream walk_pictures(std::vector<std::string> inputs) {
  return walk([inputs = std::move(inputs), next = size_t{0}]() mutable -> std::optional<std::string> {
    if (next == inputs.size()) return std::nullopt;
    return inputs[next++];
  });
}

PictureStream walk_picture_lines(std::istream& lines) {
  return walk([&lines]() -> std::optional<std::string> {
    for (std::string line; std::getline(lines, line);) {
      if (line.ends_with('\r')) line.pop_back();
      if (!line.empty()) return line;
    }
    return std::nullopt;
  });
}

PictureStream walk_manifest(const fs::path& folder, const RecordFilter& filter) {
  return [folder, reader = std::make_shared<ManifestReader>(folder, filter)]() -> std::optional<PictureItem> {
    Record record;
    if (!reader->next(record)) return std::nullopt;
    return PictureItem{picture_path(folder, record), std::move(record.id)};
  };
}

PictureStream walk_list(std::span<const fs::path> pictures) {
  return [pictures, next = size_t{0}]() mutable -> std::optional<PictureItem> {
    if (next == pictures.size()) return std::nullopt;
    const fs::path& file = pictures[next++];
    return PictureItem{file, file.string()};
  };
}

PictureStream chain(std::vector<PictureStream> streams) {
  return [streams = std::move(streams), at = size_t{0}]() mutable -> std::optional<PictureItem> {
    for (; at < streams.size(); ++at)
      if (auto item = streams[at]()) return item;
    return std::nullopt;
  };
}

}  // namespace sensorium
