#pragma once
// Inside the reference pictures: one list, and what its checks share.

#include "sensorium/base/json.h"
#include "sensorium/io/resize.h"
#include "sensorium/io/safetensors.h"
#include "sensorium/models/reference_area.h"

#include <optional>

namespace sensorium::reference_pictures {

/// X.json, which lists entries, and X.safetensors, whose tensors they name.
class PictureSet {
 public:
  /// Throws InputError for files that are missing or broken.
  PictureSet(const fs::path& folder, const std::string& stem);
  const fs::path& folder() const { return folder_; }
  /// "images/decoded"
  std::string name() const;
  const Json& entries() const { return entries_; }
  /// Throws InputError when there is none of that name.
  const TensorView& tensor(const std::string& key) const;
  /// A tensor (H, W) or (H, W, C) uint8. Throws InputError for other ones.
  Image image(const std::string& key) const;
  /// How `got` differs from a tensor.
  std::string describe(const std::string& key, const Image& got, const std::string& name) const;

 private:
  fs::path folder_;
  std::string stem_;
  Json entries_;
  std::optional<SafetensorsFile> tensors_;
};

/// By Pillow's name in lower case. Throws InputError.
Resample filter_named(const std::string& name);

/// The list of augmentations (reference_augment.cpp).
CaseResult check_augmented(const PictureSet& set);

}  // namespace sensorium::reference_pictures
