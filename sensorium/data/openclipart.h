#pragma once
// The Open Clip Art Library: titled and tagged drawings.

#include "sensorium/data/source.h"

namespace sensorium {

/// Opens a folder of SVG drawings with Dublin Core metadata (Debian: openclipart-svg, /usr/share/openclipart/svg),
/// drawn at `render_size`. Captions are English: the title ("title"), or, where one title stands on more than a few
/// pictures and so names a collection, the words of the file name ("name"); and the same with its tags ("tags": "eagle:
/// bird, flight"). Of pictures that share folder and name only the first 50 are taken. Links to other drawings are
/// skipped. Throws InputError when there is no such folder. Why not openclipart-png: its pictures are the same
/// drawings, in 131 MB and up to 620 megapixels each.
Source open_openclipart(const fs::path& folder, const CaptionFilter& filter, int render_size);

}  // namespace sensorium
