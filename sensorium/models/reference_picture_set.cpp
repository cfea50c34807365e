#include "sensorium/models/reference_picture_set.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace sensorium::reference_pictures {

PictureSet::PictureSet(const fs::path& folder, const std::string& stem)
    : folder_(folder), stem_(stem), entries_(read_json(folder / (stem + ".json")).at("entries")) {
  if (const fs::path tensors = folder / (stem + ".safetensors"); fs::exists(tensors)) tensors_.emplace(tensors);
}

std::string PictureSet::name() const {
  return (fs::weakly_canonical(folder_).filename() / stem_).string();
}

const TensorView& PictureSet::tensor(const std::string& key) const {
  if (!tensors_) throw InputError("verify", "{}: expected {}.safetensors, got none", folder_.string(), stem_);
  return tensors_->at(key);
}

Image PictureSet::image(const std::string& key) const {
  const TensorView& t = tensor(key);
  const size_t dims = t.shape.size();
  if (t.dtype != SafeDType::U8 || dims < 2 || dims > 3)
    throw InputError("verify", "{}: expected pixels (H, W) or (H, W, C), got another tensor", key);
  Image image(static_cast<int>(t.shape[1]), static_cast<int>(t.shape[0]), dims > 2 ? static_cast<int>(t.shape[2]) : 1);
  std::memcpy(image.pixels.data(), t.data.data(), std::min(t.data.size(), image.pixels.size()));
  return image;
}

std::string PictureSet::describe(const std::string& key, const Image& got, const std::string& name) const {
  const Image expected = image(key);
  if (got.width != expected.width || got.height != expected.height || got.channels != expected.channels)
    return fmt::format("{}: expected {}x{} of {} channels, got {}x{} of {}", name, expected.width, expected.height,
                       expected.channels, got.width, got.height, got.channels);
  size_t different = 0, first = 0;
  int largest = 0;
  for (size_t i = got.pixels.size(); i-- > 0;) {
    const int difference = std::abs(got.pixels[i] - expected.pixels[i]);
    if (difference == 0) continue;
    ++different;
    first = i;
    largest = std::max(largest, difference);
  }
  return fmt::format(
      "{}: expected equal pixels, got {} of {} values that differ by up to {}, the first at {}: {}, not {}", name,
      different, got.pixels.size(), largest, first, got.pixels[first], expected.pixels[first]);
}

Resample filter_named(const std::string& name) {
  static const std::map<std::string, Resample> names = {
      {"nearest", Resample::nearest}, {"lanczos", Resample::lanczos}, {"bilinear", Resample::bilinear},
      {"bicubic", Resample::bicubic}, {"box", Resample::box},         {"hamming", Resample::hamming}};
  const auto found = names.find(name);
  if (found == names.end()) throw InputError("verify", "expected a filter of Pillow, got {}", name);
  return found->second;
}

}  // namespace sensorium::reference_pictures
