#pragma once
// Where two texts say the same, word for word or phrase for phrase: METEOR's four kinds of match (Denkowski and Lavie,
// "Meteor 1.3: automatic metric for reliable optimization and evaluation of machine translation systems", 2011,
// section 2.1).

#include "sensorium/eval/meteor_tables.h"

#include <array>
#include <memory>

namespace sensorium {

enum class MeteorModule : uint8_t { exact, stem, synonym, paraphrase };
inline constexpr size_t kMeteorModules = 4;
/// What a matched word is worth, by module.
inline constexpr std::array<double, kMeteorModules> kMeteorModuleWeights = {1.0, 0.6, 0.8, 0.6};

/// What is known of a word: numbers that are equal where the words, or their stems, are.
struct MeteorWord {
  int32_t number = 0, stem = 0;
  bool function = false;
  std::vector<int32_t> synonyms;  // sets, ascending
};

/// A phrase of the table of paraphrases within a text.
struct MeteorPhrase {
  int32_t start = 0, length = 0;  // words
  uint32_t number = 0;
};

struct MeteorText {
  std::vector<const MeteorWord*> words;  // owned by the reader
  std::vector<MeteorPhrase> phrases;     // by start, then length
  std::vector<MeteorPhrase> by_number;   // the same by number, then start
};

/// Looks up texts, each word once. The texts live as long as the reader and the tables. Not thread-safe; what it gave
/// may be read from any thread.
class MeteorTextReader {
 public:
  explicit MeteorTextReader(const MeteorTables& tables);
  ~MeteorTextReader();
  MeteorText read(std::string_view line);

 private:
  struct Stemmer;
  const MeteorWord& word_of(const std::string& word);

  const MeteorTables& tables_;
  std::unique_ptr<Stemmer> stemmer_;
  std::unordered_map<std::string, MeteorWord> words_;
  std::unordered_map<std::string, int32_t> stems_;
};

/// Words [start, start + length) of the candidate that match words of the reference.
struct MeteorMatch {
  MeteorModule module = MeteorModule::exact;
  int32_t start = 0, length = 1, reference_start = 0, reference_length = 1;
};

/// Every match of the two texts by where it starts in the reference. Those of one place stand in the order in which the
/// aligner considers them: by module, then by place in the candidate; paraphrases that the table lists from the
/// reference to the candidate before those listed the other way, each by place and length of the phrase looked up, then
/// in the table's order. A pair listed both ways is there twice. Thread-safe.
std::vector<std::vector<MeteorMatch>> meteor_matches(const MeteorText& candidate, const MeteorText& reference,
                                                     const MeteorParaphrases& paraphrases);

}  // namespace sensorium
