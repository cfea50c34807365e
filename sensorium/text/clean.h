#pragma once
// Cleaning of raw text: for captions of a corpus (each step optional, and recorded), and before tokenization as
// OpenAI's CLIP and open_clip do it.

#include "sensorium/text/mojibake.h"
#include "sensorium/text/unicode.h"

#include <string>
#include <string_view>

namespace sensorium {

class OptionSet;

/// The steps of `clean_caption`, in this order; a manifest records them as `describe` lists them.
struct CleanOptions {
  bool mojibake = true;               // text read in a wrong character set ("cafÃ©") is put right
  bool html = true;                   // &amp; &#233; &eacute; become characters
  bool typography = false;            // ligatures, full-width letters and curly quotes become plain ones
  bool control = true;                // line ends become line feeds; terminal escapes and control characters vanish
  bool whitespace = true;             // white space becomes single spaces, none at either end
  std::string normalization = "nfc";  // Unicode normal form: none, nfc, nfd, nfkc, nfkd
  void describe(OptionSet& o);
};

/// A caption's text after the steps chosen, repeated until they change nothing more, at most 1,000 times (so cleaning
/// twice is cleaning once). Invalid UTF-8 is read as U+FFFD. Throws UsageError for an unknown normalization.
/// Thread-safe; ASCII without
/// '&' costs one pass.
std::string clean_caption(std::string_view text, const CleanOptions& options = {});

/// What happens to a text before it is cut into words.
enum class Cleaning {
  none,
  lower,         // open_clip's "lower", OpenAI's only one: repair, HTML, white space, lower case
  canonicalize,  // open_clip's "canonicalize" (SigLIP): also '_' to space and ASCII punctuation removed
};

/// Runs of white space (Python's) as single spaces, none at either end.
std::u32string single_spaces(std::u32string_view text);

/// ftfy.fix_text with its defaults: HTML character references in texts without '<', mojibake, C1 controls read as
/// Windows-1252, Latin ligatures, full- and half-width forms, curly quotes, line ends, terminal escapes, control
/// characters, NFC; line by line, each until nothing changes, at most 1,000 times. Source: Speer, "ftfy", Zenodo 2019;
/// version 6.3.1.
std::u32string fix_text(std::u32string_view text);

/// fix_text, HTML character references twice, white space to single spaces, lower case as Python's; or canonicalize's
/// form. Source: openai/CLIP simple_tokenizer.py; open_clip tokenizer.py.
std::u32string clean_text(std::u32string_view text, Cleaning cleaning);

}  // namespace sensorium
