#pragma once
// Conceptual Captions: tables of captions and addresses of pictures.

#include "sensorium/data/source.h"

namespace sensorium {

/// Opens a .tsv of Conceptual Captions 3M (caption, tab, address) or 12M (address, tab, caption): no header, no quotes.
/// Which column is the address is told from the first lines. Records have a `url` and no picture; ids are the file's
/// name and the line's number; the split is told by the file's name ("Train_GCC-training.tsv", "Validation_GCC-...").
/// Lines with another number of columns, without an address or a caption, too long or not UTF-8 are counted. Streams:
/// memory for one line. Throws InputError when the file cannot be read or no line has an address. Source of the layout:
/// Sharma et al., "Conceptual Captions", ACL 2018; Changpinyo et al., "Conceptual 12M", CVPR 2021.
Source open_conceptual(const fs::path& file, const CaptionFilter& filter);

}  // namespace sensorium
