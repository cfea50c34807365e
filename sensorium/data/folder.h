#pragma once
// A folder of pictures with text files of the same name beside them.

#include "sensorium/data/source.h"

namespace sensorium {

/// Opens a folder: every picture below it (.jpg, .jpeg, .png, .webp, .gif, .bmp, .tif, .tiff, .svg, any case) with
/// X.txt, one caption a line, in `filter.default_language`. SVGs are drawn at `render_size`. Folder names are tags.
/// Throws InputError unless it is a readable folder.
Source open_folder(const fs::path& folder, const CaptionFilter& filter, int render_size);

}  // namespace sensorium
