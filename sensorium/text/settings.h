#pragma once
// What a tokenizer is made of besides its vocabulary and its way of cutting words.

#include "sensorium/text/vocabulary.h"

#include <cstdint>
#include <vector>

namespace sensorium {

/// Ids of the tokens with a meaning of their own; -1 where the vocabulary has none.
struct SpecialIds {
  int32_t pad = -1, bos = -1, eos = -1, unk = -1, cls = -1, sep = -1, mask = -1;
};

/// Ids that stand around texts: prefix A suffix, or prefix A middle B suffix. B and the suffix have token type 1 where
/// `second_has_type_1`.
struct TokenFrame {
  std::vector<int32_t> prefix, middle, suffix;
  bool second_has_type_1 = false;
};

struct TokenizerSettings {
  std::vector<AddedToken> added;
  SpecialIds special;
  TokenFrame frame;
  int64_t max_length = 0;  // 0: unlimited
  bool pad_left = false;
  int32_t fill = 0;  // the id that fills padding
};

}  // namespace sensorium
