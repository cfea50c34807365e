#pragma once
// What a caption must be, one record at a time.

#include "sensorium/base/options.h"
#include "sensorium/data/record.h"
#include "sensorium/data/tally.h"
#include "sensorium/text/clean.h"

namespace sensorium {

/// Rules of `data clean` about texts.
struct CaptionRules {
  CleanOptions text;                                               // how captions are put right
  int min_chars = 1, max_chars = 0, min_words = 1, max_words = 0;  // of a caption; 0: any number
  std::string language_check = "off";
  std::string missing = "drop";
  std::string fill;
  void describe(OptionSet& o);
};

/// Cleans every caption, removes those that break a rule, checks or sets languages (guess_language), and fills in for a
/// record without any: {label}, {tags}, {name} (the picture's file name in words) and {id} stand for what the record
/// has; a record that lacks one of them is not filled. Returns why the record is to be left out, or null. Thread-safe
/// for different records and tallies.
const char* apply_caption_rules(Record& record, const CaptionRules& rules, Tally& tally);

/// Throws UsageError for a `fill` that names something else, or that is missing where `missing` is "fill".
void check_caption_rules(const CaptionRules& rules);

/// Han, Hiragana, Katakana: written without blanks, so that each character counts as a word.
bool is_word_by_itself(char32_t c);

/// Words in a text: runs between white space; a character of Chinese or Japanese writing is one.
int count_words(std::string_view text);

/// Code points of a UTF-8 text.
int count_characters(std::string_view text);

}  // namespace sensorium
