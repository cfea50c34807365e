#pragma once
// All near pairs among millions of 64-bit hashes.

#include <cstdint>
#include <functional>
#include <span>

namespace sensorium {

/// Calls `pair(i, j)`, i < j, for pairs of hashes that differ in at most `max_bits` bits, 0 to 14; a pair may be given
/// more than once, and the order is always the same. With max_bits + 2 parts a near pair agrees in at least two of
/// them, so only hashes with two equal parts are compared: time grows little more than linearly while hashes are spread
/// out. Equal hashes are given as the pairs (first, each other), and only the first is compared with others, so that a
/// thousand blank pictures cost nothing. Memory: 32 bytes a hash. Throws UsageError for max_bits out of range or more
/// than 2^32 - 1 hashes.
/// Source: Norouzi, Punjani, Fleet, "Fast search in Hamming space with multi-index hashing", CVPR 2012.
void for_each_near_pair(std::span<const uint64_t> hashes, int max_bits,
                        const std::function<void(uint32_t, uint32_t)>& pair);

/// The same, but only pairs of one hash of `left` (index i) and one of `right` (index j), each equal or near; all
/// combinations of equal hashes are given.
void for_each_near_pair(std::span<const uint64_t> left, std::span<const uint64_t> right, int max_bits,
                        const std::function<void(uint32_t, uint32_t)>& pair);

}  // namespace sensorium
