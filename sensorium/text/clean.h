#pragma once
// Cleaning of raw text before tokenization, as OpenAI's CLIP and open_clip do it.

#include <string>
#include <string_view>

namespace sensorium {

/// What happens to a text before it is cut into words.
enum class Cleaning {
  none,
  lower,         // open_clip's "lower", OpenAI's only one: repair, HTML, white space, lower case
  canonicalize,  // open_clip's "canonicalize" (SigLIP): also '_' to space and ASCII punctuation removed
};

/// The parts of ftfy.fix_text 6.3 that need no guess: HTML character references in texts without '<', C1 controls read
/// as Windows-1252, Latin ligatures, full- and half-width forms, curly quotes, line ends, terminal escapes, control
/// characters, NFC. Not done: recovery of text decoded with the wrong character set ("mojibake", ftfy's fix_encoding).
/// Source: Speer, "ftfy", Zenodo 2019.
std::u32string fix_characters(std::u32string_view text);

/// fix_characters, HTML character references twice, white space to single spaces, lower case as Python's; or
/// canonicalize's form. Source: openai/CLIP simple_tokenizer.py; open_clip tokenizer.py.
std::u32string clean_text(std::u32string_view text, Cleaning cleaning);

/// The Windows-1252 character of a C1 control U+0080..U+009F; itself for the five that have none.
char32_t windows_1252(char32_t c);

}  // namespace sensorium
