#pragma once
// All pieces of a vocabulary that a text begins with.

#include "sensorium/text/vocabulary.h"

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace sensorium {

/// A trie of byte strings with their ids. Immutable; thread-safe.
class PieceTrie {
 public:
  PieceTrie() = default;
  /// Each piece once, none empty; ids of at least 0.
  explicit PieceTrie(std::vector<std::pair<std::string_view, int32_t>> pieces);

  /// Calls `take(length, id)` for each piece that the text begins with, shortest first.
  template <class Take>
  void prefixes(std::string_view text, const Take& take) const {
    if (nodes_.empty() || text.empty()) return;
    int32_t at = roots_[static_cast<uint8_t>(text[0])];
    for (size_t i = 1; at >= 0; ++i) {
      if (nodes_[at].id >= 0) take(i, nodes_[at].id);
      if (i == text.size()) return;
      at = child(nodes_[at], static_cast<uint8_t>(text[i]));
    }
  }

 private:
  struct Node {
    int32_t id = -1, first = 0;  // children stand side by side, by label
    uint16_t count = 0;
    uint8_t label = 0;
  };
  int32_t child(const Node& node, uint8_t label) const {
    for (int32_t i = node.first; i < node.first + node.count; ++i)
      if (nodes_[i].label >= label) return nodes_[i].label == label ? i : -1;
    return -1;
  }
  std::vector<Node> nodes_;
  int32_t roots_[256] = {};
};

}  // namespace sensorium
