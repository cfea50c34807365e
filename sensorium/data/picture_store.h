#pragma once
// Decoded pictures of a list of records, for training and evaluation: cached within a bound, broken ones replaced.

#include "sensorium/data/picture_file.h"
#include "sensorium/data/record.h"
#include "sensorium/data/tally.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace sensorium {

/// How pictures are kept.
struct PictureStoreOptions {
  /// Pictures whose shorter side is longer are reduced to it (Lanczos, shape kept) before anything else; 0: never. For
  /// training only, where it saves most of the work on large photographs; about 1.2 times the training size is enough
  /// for crops that keep most of a picture.
  int shorter_side = 0;
  /// Decoded pictures kept in memory, in bytes; 0: none. What does not fit is decoded anew each time: results are the
  /// same.
  uint64_t cache_bytes = 0;
  /// What is under transparency: white, or the colours that the file has there.
  bool on_white = true;
  /// Whether pictures are changed or kept at all.
  bool is_plain() const { return shorter_side <= 0 && cache_bytes == 0; }
};

/// A picture that could be decoded, and whose it is.
struct StoredPicture {
  std::shared_ptr<const Image> image;  // RGB
  size_t record;
};

/// Thread-safe. The records must outlive it.
class PictureStore {
 public:
  PictureStore(const std::vector<Record>& records, fs::path folder, const PictureStoreOptions& options);
  /// The picture of record `index`, or, when that is broken, of the next record whose picture is good (after the last
  /// comes the first). Throws InputError when none is, and UsageError for an index out of range.
  StoredPicture get(size_t index);
  /// Gives the bytes of that picture, or of such a next record, to `read`, which throws InputError when they are
  /// broken; returns whose they were. Neither reduces nor keeps anything.
  size_t read(size_t index, const std::function<void(const PictureFile& file, std::string_view name)>& read);
  /// Broken pictures met so far, each counted once.
  Tally broken() const;

 private:
  std::shared_ptr<const Image> find(size_t index) const;
  std::shared_ptr<const Image> decode(size_t index);
  size_t first_good(size_t index, const std::function<void(size_t)>& take);
  const std::vector<Record>& records_;
  fs::path folder_;
  PictureStoreOptions options_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const Image>> cache_;
  std::map<size_t, std::string> broken_;  // by record: what was wrong
  uint64_t cached_bytes_ = 0;
};

}  // namespace sensorium
