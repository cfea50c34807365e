#pragma once
// METEOR 1.5 for English, as pycocoevalcap calls it (-l en -norm): Denkowski and Lavie, "Meteor Universal: language
// specific translation evaluation for any target language", 2014, with the parameters of its ranking task.

#include "sensorium/eval/caption_scores.h"
#include "sensorium/eval/meteor_alignment.h"

namespace sensorium {

/// What METEOR sums over items; the sums give the figure of any selection of them.
struct MeteorCounts {
  /// Of the candidate and of the reference.
  struct Words {
    int64_t all = 0, function = 0, matched = 0;
    std::array<int64_t, kMeteorModules> content_matches{}, function_matches{};
  };
  Words candidate, reference;
  int64_t chunks = 0;

  /// An item in one chunk that covers all words of both texts adds no chunk.
  void add(const MeteorCounts& other);
  /// In [0, 1]; 0 without a match.
  double score() const;
};

/// The counts of each candidate against the reference that it agrees with best, the first of equals. Texts are cut into
/// words here (meteor_words.h), tokenised before or not; the COCO evaluation tokenises before. `threads` 0: all
/// processors. Throws InputError as require_captions does. Thread-safe.
std::vector<MeteorCounts> meteor_counts(const CaptionSet& set, const MeteorTables& tables, int threads = 0);

/// The figure of each item, and of the summed counts.
CorpusScore score_of(const std::vector<MeteorCounts>& counts);

/// Both at once; otherwise as meteor_counts.
CorpusScore meteor(const CaptionSet& set, const MeteorTables& tables, int threads = 0);

}  // namespace sensorium
