#pragma once
// Emoji: pictures of a colour font, named in over 100 languages by Unicode's CLDR.

#include "sensorium/data/source.h"

namespace sensorium {

/// Opens a colour font (Debian: fonts-noto-color-emoji) and CLDR's "common" folder (unicode-cldr-core), of which
/// annotations/ and annotationsDerived/ are read. Every annotated character or sequence that the font draws as one
/// picture is an item: its short name in each wanted language is a caption ("name"), its keywords another ("keywords");
/// the English keywords are its tags. Skin tones of one emoji are a family. Captions come as written there, never
/// inherited from a parent locale. Throws InputError when font or folder are missing or of another kind.
/// Source of the format: Unicode LDML (UTS 35), part 7, "Annotations".
Source open_emoji(const fs::path& font, const fs::path& cldr, const CaptionFilter& filter);

}  // namespace sensorium
