#pragma once
// Texts as numbered words, and counts of their n-grams.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sensorium {

/// One to four words; unused places are -1.
using Ngram = std::array<int32_t, 4>;
using NgramCounts = std::map<Ngram, int64_t>;

/// Words at white space as Python's str.split() has it.
std::vector<std::string> split_white_space(std::string_view text);
/// Pieces between single spaces, as Python's split(" "): an empty text has one empty piece.
std::vector<std::string> split_spaces(std::string_view text);

/// Numbers for words, in order of first sight. Not thread-safe.
class WordNumbers {
 public:
  std::vector<int32_t> numbered(const std::vector<std::string>& words);

 private:
  std::unordered_map<std::string, int32_t> known_;
};

/// How often each run of `order` words stands in the text; order in [1, 4].
NgramCounts count_ngrams(const std::vector<int32_t>& words, int order);
/// The larger count of both, for each n-gram.
void raise_to(NgramCounts& largest, const NgramCounts& other);
/// Sum over n-grams of the smaller count.
int64_t overlap(const NgramCounts& a, const NgramCounts& b);

/// Length of the longest common subsequence.
int64_t longest_common_subsequence(const std::vector<int32_t>& a, const std::vector<int32_t>& b);

}  // namespace sensorium
