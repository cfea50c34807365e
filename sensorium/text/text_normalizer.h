#pragma once
// The normalisers that a tokenizer.json lists, one after the other.

#include "sensorium/text/charsmap.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sensorium {

/// One step; the names are those of tokenizer.json.
struct NormalizerStep {
  enum class Kind {
    nfc,
    nfd,
    nfkc,
    nfkd,
    nmt,             // control characters vanish, odd spaces become spaces
    lowercase,       // character by character
    strip_accents,   // no nonspacing marks
    strip,           // no white space on the left, on the right
    replace,         // `pattern`, literally, by `content`
    replace_spaces,  // runs of two spaces or more by `content` (the expression " {2,}")
    replace_white,   // runs of white space by `content` (the expression "\s+")
    prepend,         // `content` before a text that is not empty
    precompiled,     // SentencePiece's rules, a grapheme at a time
  };
  Kind kind = Kind::nfc;
  bool left = false, right = false;
  std::string pattern = {}, content = {};
  std::shared_ptr<const Charsmap> charsmap = {};
};

/// The text after all steps. Invalid UTF-8 is read as U+FFFD. Thread-safe.
/// Source: Hugging Face `tokenizers` 0.23, normalizers; the crate spm_precompiled.
std::string normalize_text(const std::vector<NormalizerStep>& steps, std::string_view text);

}  // namespace sensorium
