#pragma once
// Groups of near-identical pictures, and splits that keep a group together.

#include "sensorium/data/perceptual_hash.h"

#include <span>
#include <string>
#include <vector>

namespace sensorium {

/// What grouping knows of a picture: about 250 bytes.
struct Fingerprint {
  std::array<uint64_t, 2> content{};  // content hash: equal means the same picture
  uint64_t perceptual = 0;
  uint64_t family = 0;  // pictures of one family belong together; 0: none
  ColourThumbnail colours{};
};

/// When two pictures count as near-identical: both must hold.
struct Similarity {
  int max_bits = 6;        // Hamming distance of the perceptual hashes, 0 to 14
  double max_colour = 12;  // colour_distance
};

/// For each picture the index of the first picture of its group: the same content, the same family, or near-identical
/// to another of the group. Pairs are found through equal parts of the hash (with max_bits + 2 parts, a near pair
/// agrees in at least two; Norouzi, Punjani, Fleet, "Fast search in Hamming space with multi-index hashing", CVPR
/// 2012), so time grows little more than linearly. Throws UsageError for max_bits outside [0, 14].
std::vector<uint32_t> group_pictures(std::span<const Fingerprint> pictures, const Similarity& similarity);

/// Fractions of pictures that go to validation and test; the rest is for training.
struct SplitFractions {
  double val = 0.1, test = 0.1;
};

/// "train", "val" or "test" for a group, from its name and the seed alone: adding pictures moves no other group.
std::string choose_split(std::string_view group, const SplitFractions& fractions, uint64_t seed);

}  // namespace sensorium
