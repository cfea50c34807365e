#pragma once
// Visual Genome: regions, objects, attributes, relationships, questions and answers.

#include "sensorium/data/source.h"

namespace sensorium {

/// Opens a folder with some of Visual Genome's files, as published (version 1.2 or 1.4): image_data.json,
/// region_descriptions.json, objects.json, attributes.json, relationships.json, question_answers.json. Pictures are
/// those of image_data.json, or else of whichever file comes first in this list; they lie below `images` at
/// VG_100K/ID.jpg, VG_100K_2/ID.jpg or ID.jpg. With `region_captions` each region's phrase is also a caption. The files
/// are read twice and never held: 32 bytes a picture and file, and one element. Throws InputError when none of the
/// files is there or one is broken. Source of the layout: Krishna et al., "Visual Genome", IJCV 2017;
/// homes.cs.washington.edu/~ranjay/visualgenome/api.
Source open_visual_genome(const fs::path& folder, const fs::path& images, bool region_captions,
                          const CaptionFilter& filter);

/// Whether a folder has any of those files.
bool is_visual_genome(const fs::path& folder);

}  // namespace sensorium
