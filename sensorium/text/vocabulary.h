#pragma once
// Tokens and their ids, and special tokens spelled inside texts.

#include "sensorium/base/file.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sensorium {

/// Hash for maps from strings that are searched by string_view.
struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
};
template <class T>
using StringLookup = std::unordered_map<std::string, T, StringHash, std::equal_to<>>;

/// A two-way map between tokens and ids. Ids may have gaps (an id without a token spells ""). Thread-safe to read.
class Vocabulary {
 public:
  Vocabulary() = default;
  /// Tokens numbered from 0. `source` (a file) stands in errors. Throws InputError for a token that comes twice.
  Vocabulary(std::vector<std::string> tokens, std::string_view source);
  /// Adds a token. Throws InputError for a token or an id that comes twice, or an id outside [0, 2^24).
  void add(std::string token, int64_t id, std::string_view source);
  /// Id of a token, or -1.
  int32_t find(std::string_view token) const;
  /// The token of an id, "" for a gap. Throws InputError for an id outside [0, size).
  const std::string& token(int64_t id) const;
  /// One more than the largest id.
  int64_t size() const { return static_cast<int64_t>(tokens_.size()); }
  const std::vector<std::string>& tokens() const { return tokens_; }

 private:
  std::vector<std::string> tokens_;
  StringLookup<int32_t> ids_;
};

/// A token that is recognised in raw text before anything else happens to it, as `added_tokens` of tokenizer.json.
struct AddedToken {
  std::string content;
  int32_t id = 0;
  bool special = true;                  // left out by decode(skip_special_tokens)
  bool normalized = false;              // matched in the normalised text instead of the raw one
  bool lstrip = false, rstrip = false;  // takes the white space before, after
};

/// Cuts texts at added tokens: leftmost match first, the longest of those.
class AddedTokens {
 public:
  AddedTokens() = default;
  /// `normalize` is what happens to texts before tokens that are `normalized` are looked for: it happens to their
  /// spelling too. Without it they are looked for as they are.
  explicit AddedTokens(std::vector<AddedToken> tokens,
                       const std::function<std::string(std::string_view)>& normalize = nullptr);
  /// Calls `plain(piece)` and `token(id)` in the order of the text, for the tokens whose `normalized` is as given.
  void split(std::string_view text, bool normalized, const std::function<void(std::string_view)>& plain,
             const std::function<void(int32_t)>& token) const;
  const std::vector<AddedToken>& tokens() const { return tokens_; }
  bool is_special(int32_t id) const;
  /// Whether any token is looked for in normalised text.
  bool has_normalized() const { return has_normalized_; }

 private:
  const AddedToken* match(std::string_view text, size_t at, bool normalized) const;
  std::vector<AddedToken> tokens_;  // by length, longest first
  bool starts_[256] = {};           // first bytes of any token
  bool has_normalized_ = false;
};

}  // namespace sensorium
