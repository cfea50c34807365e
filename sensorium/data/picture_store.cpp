#include "sensorium/data/picture_store.h"

#include "sensorium/data/manifest.h"
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

std::shared_ptr<const Image> PictureStore::find(size_t index) const {
  const std::lock_guard lock(mutex_);
  return cache_.empty() ? nullptr : cache_[index];
}

std::shared_ptr<const Image> PictureStore::decode(size_t index) {
  const fs::path path = picture_path(folder_, records_[index]);
  Image rgb = options_.on_white ? composite_on(read_picture_alpha(path))
                                : decode_image(PictureFile(path).bytes(), path.string());
  const auto image = std::make_shared<const Image>(reduced(std::move(rgb), options_.shorter_side));
  const std::lock_guard lock(mutex_);
  if (!cache_.empty() && !cache_[index] && cached_bytes_ + image->pixels.size() <= options_.cache_bytes) {
    cached_bytes_ += image->pixels.size();
    cache_[index] = image;
  }
  return image;
}

/// The first record from `index` on that `take` can take; what it cannot is marked broken.
size_t PictureStore::first_good(size_t index, const std::function<void(size_t)>& take) {
  if (index >= records_.size()) throw UsageError("data", "expected a record below {}, got {}", records_.size(), index);
  for (size_t step = 0; step < records_.size(); ++step) {
    const size_t at = (index + step) % records_.size();
    {
      const std::lock_guard lock(mutex_);
      if (broken_.contains(at)) continue;
    }
    try {
      take(at);
      return at;
    } catch (const InputError& e) {
      const std::lock_guard lock(mutex_);
      broken_.emplace(at, e.what());
    }
  }
  const std::lock_guard lock(mutex_);
  throw InputError("data", "expected at least one readable picture among {} records, got none: {}", records_.size(),
                   broken_.begin()->second);
}

StoredPicture PictureStore::get(size_t index) {
  StoredPicture picture;
  picture.record = first_good(index, [&](size_t at) {
    picture.image = find(at);
    if (!picture.image) picture.image = decode(at);
  });
  return picture;
}

size_t PictureStore::read(size_t index, const std::function<void(const PictureFile&, std::string_view)>& read) {
  return first_good(index, [&](size_t at) {
    const fs::path path = picture_path(folder_, records_[at]);
    read(PictureFile(path), path.native());
  });
}

Tally PictureStore::broken() const {
  const std::lock_guard lock(mutex_);
  Tally tally;
  for (const auto& [index, message] : broken_) tally.add("broken picture", message);
  return tally;
}

}  // namespace sensorium
