#include "sensorium/text/piece_trie.h"

#include <algorithm>

namespace sensorium {

PieceTrie::PieceTrie(std::vector<std::pair<std::string_view, int32_t>> pieces) {
  std::sort(pieces.begin(), pieces.end());
  // Breadth first: each range of pieces that share a prefix is one node, and its children are pushed together.
  struct Range {
    size_t begin, end, depth;
    int32_t node;  // -1: the root
  };
  std::vector<Range> queue{{0, pieces.size(), 0, -1}};
  std::fill(std::begin(roots_), std::end(roots_), -1);
  for (size_t head = 0; head < queue.size(); ++head) {
    const Range range = queue[head];
    size_t at = range.begin;
    if (range.node >= 0 && pieces[at].first.size() == range.depth) nodes_[range.node].id = pieces[at++].second;
    if (range.node >= 0) nodes_[range.node].first = static_cast<int32_t>(nodes_.size());
    while (at < range.end) {
      const auto label = static_cast<uint8_t>(pieces[at].first[range.depth]);
      size_t end = at + 1;
      while (end < range.end && static_cast<uint8_t>(pieces[end].first[range.depth]) == label) ++end;
      const auto node = static_cast<int32_t>(nodes_.size());
      nodes_.emplace_back().label = label;
      if (range.node >= 0)
        ++nodes_[range.node].count;
      else
        roots_[label] = node;
      queue.push_back({at, end, range.depth + 1, node});
      at = end;
    }
  }
}

}  // namespace sensorium
