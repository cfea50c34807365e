#pragma once
// The small repairs of ftfy, each a pass over the text. Source: ftfy 6.3.1, fixes.py and chardata.py.

#include <string>
#include <string_view>

namespace sensorium::characters {

/// C1 controls as the characters of Windows-1252.
std::u32string fix_c1_controls(std::u32string_view text);
/// Ligatures and digraphs of Latin letters as letters.
std::u32string split_ligatures(std::u32string_view text);
/// Full- and half-width forms, and U+3000, in their standard width (NFKC).
std::u32string standard_widths(std::u32string_view text);
/// Curly quotation marks as ' and ".
std::u32string uncurl_quotes(std::u32string_view text);
/// CR LF, CR, U+2028, U+2029 and U+0085 as line feeds.
std::u32string line_feeds(std::u32string_view text);
/// Without ESC [ digits-and-semicolons letter.
std::u32string remove_terminal_escapes(std::u32string_view text);
/// Without control characters that are neither white space nor C1, deprecated format characters, U+FEFF and U+FFF9 to
/// U+FFFC.
std::u32string remove_controls(std::u32string_view text);

}  // namespace sensorium::characters
