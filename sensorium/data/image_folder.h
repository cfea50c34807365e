#pragma once
// Classification corpora: a folder a class.

#include "sensorium/data/source.h"

namespace sensorium {

/// Opens ROOT/CLASS/.../PICTURE, or ROOT/SPLIT/CLASS/.../PICTURE when every folder of the root is called as a split is
/// (train, val, valid, validation, dev, test): the class's folder is the record's label. Pictures by their usual
/// endings. Throws InputError unless it is a readable folder with folders in it.
/// Source of the layout: torchvision.datasets.ImageFolder.
Source open_image_folder(const fs::path& root);

/// Whether a file has an ending of a picture that can be decoded (.jpg, .jpeg, .png, .webp, .gif, .bmp, .tif, .tiff;
/// any case).
bool has_picture_ending(const fs::path& file);

}  // namespace sensorium
