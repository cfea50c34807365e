#pragma once
// Hashes with a published definition (XXH64), so that other programs can repeat a split or a signature.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sensorium::classic {

/// XXH64 of the bytes.
uint64_t xxh64(std::string_view bytes, uint64_t seed);

/// 'train', 'val' or 'test' by u = (XXH64(id, seed) >> 11) 2^-53: below `train`, below `train + val`, or the rest.
std::string_view hash_split(std::string_view id, uint64_t seed, double train = 0.8, double val = 0.1);

/// The distinct substrings of 5 code points of a text in lower case with white space collapsed; the whole text when it
/// is shorter, none when it is empty. Sorted.
std::vector<std::string> shingles(std::string_view text);
/// |A and B| / |A or B| of sorted sets; 1 for two empty ones.
double jaccard(const std::vector<std::string>& a, const std::vector<std::string>& b);
/// The smallest XXH64 of a set for seeds 0 ... length - 1; 2^64 - 1 for an empty set (Broder, "On the resemblance and
/// containment of documents", 1997).
std::vector<uint64_t> minhash(const std::vector<std::string>& set, size_t length = 64);
/// The share of equal entries: an estimate of the Jaccard similarity.
double minhash_similarity(const std::vector<uint64_t>& a, const std::vector<uint64_t>& b);

}  // namespace sensorium::classic
