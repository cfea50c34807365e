#pragma once
// Words as the caption benchmarks count them: the conventions of the Penn Treebank (Marcus et al., "Building a large
// annotated corpus of English", 1993) as the COCO evaluation applies them.

#include <string>
#include <string_view>
#include <vector>

namespace sensorium {

/// The Treebank's tokens of one line in lower case, as Stanford's tokenizer gives them with lines preserved: clitics
/// apart ("dog 's", "do n't", "can not"), hyphenated words, numbers, dates, addresses and abbreviations whole, quotes
/// as `` and '', brackets as -lrb- and the like, fractions of one character spelt out. A space inside a token (a
/// telephone number) is U+00A0. The full stop that ends a sentence after an abbreviation is not given a second time.
/// Line breaks count as spaces; invalid UTF-8 is dropped. Thread-safe.
std::vector<std::string> treebank_tokens(std::string_view line);

/// The same joined by spaces, without the tokens that the COCO evaluation leaves out: quotes, . ? ! , : - -- ... ;
/// (its brackets stay, being in lower case).
std::string coco_caption_tokens(std::string_view caption);

/// Lower case without the 32 punctuation characters of ASCII, split at white space and joined by one space.
std::string simple_caption_tokens(std::string_view caption);

}  // namespace sensorium
