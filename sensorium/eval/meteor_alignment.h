#pragma once
// Which of two texts' matches hold together: METEOR's alignment by beam search (Denkowski and Lavie, "Meteor Universal:
// language specific translation evaluation for any target language", 2014, section 2).

#include "sensorium/eval/meteor_matches.h"

namespace sensorium {

struct MeteorAlignment {
  std::vector<MeteorMatch> matches;  // by place in the reference; no word of either text is in two
  int64_t chunks = 0;                // runs of matches that are neighbours and in the same order in both texts
};

/// The alignment that covers most words, exact matches before others, with fewest chunks and the smallest
/// distance between places. `matches` is what meteor_matches gave, `candidate_words` the candidate's length.
///
/// Thread-safe.
///
/// Note: ties and the beam are METEOR 1.5's, found by comparing outputs, so that figures agree to the last digit. 40
/// readings of the reference, from left to right, are kept at each word and after the last. They are compared by the
/// words covered in both texts, where of a match that is not exact half the words of either side count, rounded down (a
/// single one not at all), by finished chunks, and by the distances between starts of the matches passed over; equals
/// keep their order. A reading that takes the third match at a word has passed over the first two, one that takes none
/// over all. A chunk is finished when a word is passed over or the next match is no neighbour; those still open at the
/// end are added after the last cut. Matches that touch no other match are always taken.
MeteorAlignment align_meteor(const std::vector<std::vector<MeteorMatch>>& matches, size_t candidate_words);

}  // namespace sensorium
