#include "sensorium/data/picture_walk.h"

#include "sensorium/data/image_folder.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <istream>

namespace sensorium {
namespace {

/// Names in blocks, each behind a byte that says whether it is a folder's: they take little more than their letters.
class Names {
 public:
  void add(bool is_folder, std::string_view name) {
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
    std::memcpy(to + 1, name.data(), name.size());
    to[name.size() + 1] = 0;
    used_ += size;
  }
  void sort() {
    std::sort(places_.begin(), places_.end(), [this](uint32_t a, uint32_t b) { return comes_before(a, b); });
  }
  /// Leaves the `n` that come first, of more, and says which is the last of them.
  std::string keep_first(size_t n) {
    const auto last = places_.begin() + static_cast<std::ptrdiff_t>(n - 1);
    std::nth_element(places_.begin(), last, places_.end(),
                     [this](uint32_t a, uint32_t b) { return comes_before(a, b); });
    const std::string name = at(*last) + 1;
    Names kept;
    for (size_t i = 0; i < n; ++i) kept.add(*at(places_[i]) != 0, at(places_[i]) + 1);
    *this = std::move(kept);
    return name;
  }
  size_t size() const { return places_.size(); }
  /// The first that is left: name and whether it is a folder's.
  std::pair<std::string, bool> take() {
    const char* first = at(places_.front());
    places_.pop_front();
    return {first + 1, *first != 0};
  }

 private:
  static constexpr size_t kBlock = size_t{32} << 10, kBlocks = (uint64_t{1} << 32) / kBlock;
  const char* at(uint32_t place) const { return blocks_[place / kBlock].get() + place % kBlock; }
  bool comes_before(uint32_t a, uint32_t b) const { return std::strcmp(at(a) + 1, at(b) + 1) < 0; }
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::deque<uint32_t> places_;  // grows without being copied
  size_t used_ = 0;
};

/// A folder that is being walked, some thousand names at a time: of a larger one it is read again for those that
/// follow, at most about twenty times.
class Level {
 public:
  explicit Level(const fs::path& folder) : folder_(folder) { read_on(); }
  const fs::path& folder() const { return folder_; }
  /// The next name, and whether it is a folder's.
  std::optional<std::pair<std::string, bool>> next() {
    if (names_.size() == 0 && !complete_) read_on();
    if (names_.size() == 0) return std::nullopt;
    auto name = names_.take();
    last_ = name.first;
    return name;
  }

 private:
  static constexpr size_t kNames = 2048, kReadings = 48;

  /// The first names after the last that was given.
  void read_on() {
    Names found;
    std::string bound;  // what comes after it waits for another reading; empty: nothing does yet
    size_t count = 0;
    std::error_code error;
    fs::directory_iterator it(folder_, fs::directory_options::skip_permission_denied, error), end;
    for (; !error && it != end; it.increment(error)) {
      const std::string name = it->path().filename().native();
      if (name <= last_) continue;
      ++count;
      std::error_code ignored;
      if (!bound.empty() && name > bound) continue;
      const bool is_folder = it->is_directory(ignored);
      if (is_folder ? it->is_symlink(ignored) : !has_picture_ending(it->path())) continue;
      found.add(is_folder, name);
      if (found.size() == 2 * limit_) bound = found.keep_first(limit_);
    }
    if (error) throw InputError("read", "{}: expected a readable folder, got: {}", folder_.string(), error.message());
    complete_ = bound.empty();
    found.sort();
    names_ = std::move(found);
    limit_ = std::max(limit_, count / kReadings);
  }

  fs::path folder_;
  Names names_;
  std::string last_;
  size_t limit_ = kNames;
  bool complete_ = false;
};

/// Sorting the names of each folder, and going into folders where their names stand, gives the order of whole paths.
class FolderWalk {
 public:
  explicit FolderWalk(const fs::path& root) { levels_.emplace_back(root); }
  std::optional<PictureItem> next() {
    while (!levels_.empty()) {
      const auto name = levels_.back().next();
      if (!name) {
        levels_.pop_back();
        continue;
      }
      fs::path path = levels_.back().folder() / name->first;
      if (name->second) {
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

uint64_t count_pictures(const std::vector<std::string>& inputs) {
  uint64_t count = 0;
  for (const std::string& input : inputs) {
    std::error_code error;
    if (!fs::is_directory(input, error)) {
      ++count;
      continue;
    }
    fs::recursive_directory_iterator it(input, fs::directory_options::skip_permission_denied, error), end;
    for (; !error && it != end; it.increment(error)) {
      std::error_code ignored;
      count += has_picture_ending(it->path()) && !it->is_directory(ignored);
    }
  }
  return count;
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
