#include "sensorium/data/picture_store.h"

#include "sensorium/data/manifest.h"
#include "sensorium/data/picture_file.h"
#include "sensorium/io/resize.h"

#include <algorithm>
#include <cmath>

namespace sensorium {
namespace {

Image reduced(Image image, int shorter_side) {
  const int shorter = std::min(image.width, image.height);
  if (shorter_side <= 0 || shorter <= shorter_side) return image;
  const double scale = static_cast<double>(shorter_side) / shorter;
  const int width = std::max(shorter_side, static_cast<int>(std::lround(image.width * scale)));
  const int height = std::max(shorter_side, static_cast<int>(std::lround(image.height * scale)));
  return resize(image, width, height, Resample::lanczos);
}

}  // namespace

PictureStore::PictureStore(const std::vector<Record>& records, fs::path folder, const PictureStoreOptions& options)
    : records_(records),
      folder_(std::move(folder)),
      options_(options),
      cache_(options.cache_bytes ? records.size() : 0) {}

std::shared_ptr<const Image> PictureStore::find(size_t index, bool& known_broken) const {
  const std::lock_guard lock(mutex_);
  known_broken = broken_.contains(index);
  return cache_.empty() ? nullptr : cache_[index];
}

std::shared_ptr<const Image> PictureStore::decode(size_t index) {
  std::shared_ptr<const Image> image;
  try {
    Image white = composite_on(read_picture_alpha(picture_path(folder_, records_[index])));
    image = std::make_shared<const Image>(reduced(std::move(white), options_.shorter_side));
  } catch (const InputError& e) {
    const std::lock_guard lock(mutex_);
    broken_.emplace(index, e.what());
    return nullptr;
  }
  const std::lock_guard lock(mutex_);
  if (!cache_.empty() && !cache_[index] && cached_bytes_ + image->pixels.size() <= options_.cache_bytes) {
    cached_bytes_ += image->pixels.size();
    cache_[index] = image;
  }
  return image;
}

StoredPicture PictureStore::get(size_t index) {
  if (index >= records_.size()) throw UsageError("data", "expected a record below {}, got {}", records_.size(), index);
  for (size_t step = 0; step < records_.size(); ++step) {
    const size_t at = (index + step) % records_.size();
    bool known_broken = false;
    if (auto image = find(at, known_broken)) return {std::move(image), at};
    if (known_broken) continue;
    if (auto image = decode(at)) return {std::move(image), at};
  }
  const std::lock_guard lock(mutex_);
  throw InputError("data", "expected at least one readable picture among {} records, got none: {}", records_.size(),
                   broken_.begin()->second);
}

Tally PictureStore::broken() const {
  const std::lock_guard lock(mutex_);
  Tally tally;
  for (const auto& [index, message] : broken_) tally.add("broken picture", message);
  return tally;
}

}  // namespace sensorium
