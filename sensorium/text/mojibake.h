#pragma once
// Text that was UTF-8 and read in another character set ("mojibake", "cafÃ©"), back to what it was.

#include <string>
#include <string_view>

namespace sensorium {

/// Whether characters stand beside each other that seldom do unless the text was wrongly decoded.
/// Source: ftfy 6.3.1, badness.py.
bool looks_like_mojibake(std::u32string_view text);

/// Undoes wrong decoding as long as the text looks like it, as ftfy.fix_encoding does: the whole text when one
/// character set explains it (also where U+00A0 became a space, or bytes became U+FFFD), otherwise the parts that look
/// like UTF-8, otherwise C1 controls as Windows-1252. Text that does not look so comes back as it is. Thread-safe.
/// Source: Speer, "ftfy", Zenodo 2019; version 6.3.1.
std::u32string fix_encoding(std::u32string_view text);

/// The Windows-1252 character of a C1 control U+0080..U+009F; itself for the five that have none.
char32_t windows_1252(char32_t c);

}  // namespace sensorium
