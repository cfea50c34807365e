#pragma once
// Tux Paint's stamps: pictures described in some 70 languages, with sounds and spoken descriptions.

#include "sensorium/data/source.h"

namespace sensorium {

/// Opens a folder of stamps (Debian: tuxpaint-stamps-default, /usr/share/tuxpaint/stamps). X.svg, or else X.png, is a
/// picture; X.txt its description (first line English, then `locale.utf8=text`); X.ogg or .wav a sound, X_LOCALE a
/// spoken one, X_desc[_LOCALE] the description read aloud. X_mirror and X_flip share the texts of X and its family.
/// SVGs are drawn at `render_size`. Throws InputError when there is no such folder.
/// Source of the format: Tux Paint, "docs/EXTENDING.txt".
Source open_tuxpaint(const fs::path& folder, const CaptionFilter& filter, int render_size);

}  // namespace sensorium
