#include "sensorium/text/prune_pieces.h"

#include <algorithm>

namespace sensorium {

namespace {

class Pruning {
 public:
  Pruning(const Vocabulary& vocabulary, int64_t first)
      : vocabulary_(vocabulary), first_(first), kept_(static_cast<size_t>(vocabulary.size()), true) {
    for (const std::string& token : vocabulary.tokens()) longest_ = std::max(longest_, token.size());
  }

  /// Calls `use(id)` for each piece of a word. `without`: a piece that is not to be had.
  template <class Use>
  void cut(std::string_view word, bool inside, int32_t without, Use&& use) {
    for (size_t at = 0; at < word.size();) {
      spelled_ = inside || at > 0 ? "##" : "";
      spelled_ += word.substr(at, longest_);
      const size_t prefix = inside || at > 0 ? 2 : 0;
      int32_t id = -1;
      for (; spelled_.size() > prefix; spelled_.pop_back()) {
        id = vocabulary_.find(spelled_);
        if (id >= 0 && id != without && kept_[static_cast<size_t>(id)]) break;
        id = -1;
      }
      if (id < 0) return;  // a character that is not in the vocabulary
      use(id);
      at += spelled_.size() - prefix;
    }
  }

  /// Tokens that each piece saves over the words.
  std::vector<int64_t> savings(const std::vector<std::pair<std::string, int64_t>>& words) {
    std::vector<int64_t> saved(kept_.size(), 0);
    for (const auto& [word, n] : words)
      cut(word, false, -1, [&, count = n](int32_t id) { saved[static_cast<size_t>(id)] += count; });
    for (size_t id = static_cast<size_t>(first_); id < kept_.size(); ++id) {
      if (!kept_[id] || saved[id] == 0) continue;
      const std::string_view token = vocabulary_.token(static_cast<int32_t>(id));
      const bool inside = token.starts_with("##");
      int64_t parts = 0;
      cut(inside ? token.substr(2) : token, inside, static_cast<int32_t>(id), [&](int32_t) { ++parts; });
      saved[id] *= parts - 1;
    }
    return saved;
  }

  /// Drops the `n` pieces that save fewest.
  void drop(const std::vector<int64_t>& saved, size_t n) {
    std::vector<std::pair<int64_t, int64_t>> order;
    for (size_t id = static_cast<size_t>(first_); id < kept_.size(); ++id)
      if (kept_[id]) order.emplace_back(saved[id], -static_cast<int64_t>(id));
    n = std::min(n, order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(n), order.end());
    for (size_t i = 0; i < n; ++i) kept_[static_cast<size_t>(-order[i].second)] = false;
  }

  std::vector<std::string> tokens() const {
    std::vector<std::string> out;
    for (size_t id = 0; id < kept_.size(); ++id)
      if (kept_[id]) out.push_back(vocabulary_.token(static_cast<int32_t>(id)));
    return out;
  }

 private:
  const Vocabulary& vocabulary_;
  int64_t first_;
  std::vector<bool> kept_;
  size_t longest_ = 0;
  std::string spelled_;
};

}  // namespace

std::vector<std::string> prune_pieces(const std::vector<std::pair<std::string, int64_t>>& words,
                                      const Vocabulary& vocabulary, int64_t first, int64_t size) {
  Pruning pruning(vocabulary, first);
  for (int64_t excess = vocabulary.size() - std::max(size, first); excess > 0;) {
    const int64_t n = std::min(excess, std::max<int64_t>(excess / 4, 16));
    pruning.drop(pruning.savings(words), static_cast<size_t>(n));
    excess -= n;
  }
  return pruning.tokens();
}

}  // namespace sensorium
