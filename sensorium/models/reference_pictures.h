#pragma once
// Reference pictures: what Pillow and transformers make of the files beside the lists.

#include "sensorium/models/reference_area.h"

namespace sensorium {

/// A folder with `decoded.json` or `resize.json`: decoding, broken files, resizing, processors, augmentation and
/// perceptual hashes, each list that is there. Pixels and floats have to be equal.
ReferenceArea picture_area();

}  // namespace sensorium
