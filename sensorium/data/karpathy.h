#pragma once
// Captioned data sets in Karpathy's JSON layout (Flickr8k, Flickr30k, COCO).

#include "sensorium/data/source.h"

namespace sensorium {

/// Opens {"images": [{"filename", "filepath" (optional), "split", "sentences": [{"raw"}]}]}. Split "restval" is read as
/// "train". Pictures lie at images/filepath/filename. The file is checked from end to end here and streamed when read:
/// memory for one image entry. Throws InputError for broken JSON, another layout, or a missing folder.
/// Source of the layout: Karpathy, Fei-Fei, "Deep Visual-Semantic Alignments", CVPR 2015.
Source open_karpathy(const fs::path& file, const fs::path& images, const CaptionFilter& filter);

}  // namespace sensorium
