#pragma once
// MS COCO: captions and instances.

#include "sensorium/data/source.h"

namespace sensorium {

/// Opens annotation files of COCO's layout, {"images": [{"id", "file_name", "width", "height", ...}], "annotations":
/// [{"image_id", "caption" or "bbox", "category_id", ...}], "categories": [{"id", "name"}]}: captions and instances of
/// the same pictures may be given together. A record has the captions, and an object for each box with its category's
/// name ("crowd" is an attribute). Pictures lie at images/file_name; the split is told by the file's name
/// ("captions_train2017.json"). The files are read twice and never held: 32 bytes an annotation, and one element.
/// Throws InputError for broken JSON, another layout, or a missing file or folder. Source of the layout: Lin et al.,
/// "Microsoft COCO: common objects in context", 2014; cocodataset.org, "Data format".
Source open_coco(const std::vector<fs::path>& files, const fs::path& images, const CaptionFilter& filter);

/// "train", "val" or "test" when a file's name has such a word ("instances_val2014", "Train_GCC-training"), else empty.
std::string split_in_name(const fs::path& file);

}  // namespace sensorium
