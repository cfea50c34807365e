#pragma once
// What METEOR knows of English: function words, abbreviations, synonyms and paraphrases, read from the files that its
// authors publish (Denkowski and Lavie, "Meteor Universal: language specific translation evaluation for any target
// language", 2014; the synonyms are WordNet's: Miller, "WordNet: a lexical database for English", 1995).

#include "sensorium/base/file.h"
#include "sensorium/eval/meteor_paraphrases.h"
#include "sensorium/eval/meteor_words.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace sensorium {

/// Words with the numbers of the sets of synonyms that they are in. Thread-safe to use.
class MeteorSynonyms {
 public:
  /// Reads both files: a line with a word, then a line with its sets' numbers; a line with a base form, then a line
  /// with its irregular forms. Throws InputError naming file and line, expected and found.
  static MeteorSynonyms read(const fs::path& synsets, const fs::path& exceptions);
  /// Sets of the word and of its base forms, ascending, each once: irregular forms as listed, otherwise the first
  /// ending of WordNet's that, taken off, leaves a known word.
  std::vector<int32_t> sets_of(const std::string& word) const;

 private:
  std::unordered_map<std::string, std::vector<int32_t>> sets_;
  std::unordered_map<std::string, std::vector<std::string>> bases_;
};

/// All that METEOR reads for English. Thread-safe to use.
struct MeteorTables {
  std::unordered_set<std::string> function_words;
  NonbreakingPrefixes prefixes;
  MeteorSynonyms synonyms;
  MeteorParaphrases paraphrases;
};

/// Reads function/english.words, nonbreaking/english.prefixes, synonym/english.synsets, synonym/english.exceptions and
/// paraphrase-en.gz of a folder (`./run meteor` makes one). Throws InputError naming file and line, expected and found.
/// Takes some seconds and about 150 MB for the published tables.
MeteorTables read_meteor_tables(const fs::path& folder);

/// The folder that the environment variable SENSORIUM_METEOR names, or empty.
fs::path meteor_folder();

/// One word a line, none empty.
std::unordered_set<std::string> read_function_words(const fs::path& path);
/// One prefix a line, perhaps followed by #NUMERIC_ONLY#; empty lines and lines that begin with # say nothing.
NonbreakingPrefixes read_nonbreaking_prefixes(const fs::path& path);

}  // namespace sensorium
