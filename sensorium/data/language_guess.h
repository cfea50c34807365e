#pragma once
// The language a text is in, through CLD2.

#include <string>
#include <string_view>

namespace sensorium {

/// BCP 47 ("en", "pt", "zh-Hant") when the detector calls its answer reliable, else empty. Texts of a few words are
/// often not. The text must be UTF-8. Thread-safe. About 2 to 5 microseconds a caption.
/// Source: Sites, "Compact Language Detection 2", 2013.
std::string guess_language(std::string_view text);

/// Whether a reliable guess contradicts what is declared: their primary subtags differ, and not just as names of one
/// language do ("nb" and "no").
bool contradicts(std::string_view guessed, std::string_view declared);

}  // namespace sensorium
