#include "sensorium/text/pair_merges.h"

#include <algorithm>
#include <queue>

namespace sensorium {

namespace {

using PairKey = uint64_t;  // left id above, right id below: keys order as (left, right) do

PairKey key_of(int32_t left, int32_t right) {
  return PairKey{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
}

struct PairState {
  int64_t count = 0;
  std::vector<uint32_t> words;  // where it occurs; may name a word twice, or one that has lost it
};

struct Candidate {
  int64_t count;
  PairKey key;
  bool operator<(const Candidate& o) const { return count != o.count ? count < o.count : key > o.key; }
};

/// Counts of all pairs, with a heap whose entries may be too high: a pair that lost occurrences is corrected when it
/// comes up, one that gained is entered again.
class PairTable {
 public:
  explicit PairTable(const std::vector<CountedWord>& words) {
    for (size_t w = 0; w < words.size(); ++w) add(words[w], static_cast<uint32_t>(w));
    for (const auto& [key, state] : pairs_) heap_.push({state.count, key});
  }

  /// The best pair, taken out of the table with its words; count 0 when none is left.
  Candidate take_best(std::vector<uint32_t>& words) {
    while (!heap_.empty()) {
      const Candidate top = heap_.top();
      heap_.pop();
      const auto it = pairs_.find(top.key);
      if (it == pairs_.end()) continue;
      if (it->second.count != top.count) {
        if (it->second.count > 0 && it->second.count < top.count) heap_.push({it->second.count, top.key});
        continue;
      }
      words = std::move(it->second.words);
      return top;
    }
    return {0, 0};
  }

  void add(const CountedWord& word, uint32_t index) {
    for (size_t i = 0; i + 1 < word.symbols.size(); ++i) {
      PairState& state = pairs_[key_of(word.symbols[i], word.symbols[i + 1])];
      state.count += word.count;
      if (state.words.empty() || state.words.back() != index) state.words.push_back(index);
    }
  }

  void remove(const CountedWord& word) {
    for (size_t i = 0; i + 1 < word.symbols.size(); ++i)
      pairs_[key_of(word.symbols[i], word.symbols[i + 1])].count -= word.count;
  }

  void erase(PairKey key) { pairs_.erase(key); }
  void enter(PairKey key) { heap_.push({pairs_[key].count, key}); }

 private:
  std::unordered_map<PairKey, PairState> pairs_;
  std::priority_queue<Candidate> heap_;
};

/// Replaces the pair by `id` in a word, left to right; false when it does not occur.
bool replace_pair(std::vector<int32_t>& symbols, int32_t left, int32_t right, int32_t id) {
  size_t out = 0;
  for (size_t i = 0; i < symbols.size(); ++out) {
    const bool match = i + 1 < symbols.size() && symbols[i] == left && symbols[i + 1] == right;
    symbols[out] = match ? id : symbols[i];
    i += match ? 2 : 1;
  }
  const bool changed = out != symbols.size();
  symbols.resize(out);
  return changed;
}

}  // namespace

std::vector<PairMerge> merge_pairs(std::vector<CountedWord> words, Vocabulary& vocabulary, int64_t vocab_size,
                                   int64_t min_frequency,
                                   const std::function<std::string(const std::string&, const std::string&)>& join) {
  PairTable table(words);
  std::vector<PairMerge> merges;
  std::vector<uint32_t> places;
  std::vector<PairKey> grown;
  while (vocabulary.size() < vocab_size) {
    const Candidate best = table.take_best(places);
    if (best.count < std::max<int64_t>(min_frequency, 1)) break;
    const auto left = static_cast<int32_t>(best.key >> 32), right = static_cast<int32_t>(best.key & 0xFFFFFFFF);
    const std::string token = join(vocabulary.token(left), vocabulary.token(right));
    int32_t id = vocabulary.find(token);
    if (id < 0) {
      id = static_cast<int32_t>(vocabulary.size());
      vocabulary.add(token, id, "training");
    }
    merges.push_back({left, right});
    grown.clear();
    for (uint32_t w : places) {
      CountedWord before = words[w];
      if (!replace_pair(words[w].symbols, left, right, id)) continue;
      table.remove(before);
      table.add(words[w], w);
      const auto& s = words[w].symbols;
      for (size_t i = 0; i + 1 < s.size(); ++i)
        if (s[i] == id || s[i + 1] == id) grown.push_back(key_of(s[i], s[i + 1]));
    }
    table.erase(best.key);
    std::sort(grown.begin(), grown.end());
    grown.erase(std::unique(grown.begin(), grown.end()), grown.end());
    for (PairKey key : grown) table.enter(key);
  }
  return merges;
}

}  // namespace sensorium
