#pragma once
// A prepared folder as a corpus, to be cleaned or prepared again.

#include "sensorium/data/source.h"

namespace sensorium {

/// Opens a folder that has a manifest: its records as they are, with paths made absolute and unwanted captions left
/// out. Throws InputError as read_manifest_header does; broken records when they are read.
Source open_manifest(const fs::path& folder, const CaptionFilter& filter);

}  // namespace sensorium
