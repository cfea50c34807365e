#include "sensorium/text/bpe.h"

#include <mutex>
#include <queue>
#include <shared_mutex>

#include "sensorium/base/error.h"
#include "sensorium/text/byte_alphabet.h"

namespace sensorium {

/// Words already encoded, in shards so that threads seldom wait. A full shard takes no more: frequent words come early.
struct Bpe::WordCache {
  static constexpr size_t kShards = 16, kWordsAShard = 4096, kLongestWord = 64;
  struct Shard {
    std::shared_mutex mutex;
    StringLookup<std::vector<int32_t>> words;
  };
  std::array<Shard, kShards> shards;
  Shard& of(std::string_view word) { return shards[StringHash{}(word) >> 7 & (kShards - 1)]; }
};

namespace {
uint64_t pair_key(int32_t left, int32_t right) {
  return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
}
}  // namespace

Bpe::Bpe(const Vocabulary& vocabulary, const std::vector<Merge>& merges, std::string_view suffix, int32_t unk_id,
         std::string_view source)
    : cache_(std::make_unique<WordCache>()) {
  for (int b = 0; b < 256; ++b) {
    const int32_t inner = vocabulary.find(byte_characters()[b]);
    const int32_t last = vocabulary.find(byte_characters()[b] + std::string(suffix));
    inner_[b] = inner >= 0 ? inner : unk_id;
    last_[b] = last >= 0 ? last : unk_id;
  }
  rules_.reserve(merges.size());
  for (size_t rank = 0; rank < merges.size(); ++rank) {
    const auto& [left, right] = merges[rank];
    const auto id_of = [&](const std::string& token) {
      const int32_t id = vocabulary.find(token);
      if (id < 0)
        throw InputError("tokenizer", "{}: expected the tokens of merge {} in the vocabulary, got none for \"{}\"",
                         source, rank + 1, token);
      return id;
    };
    const int32_t l = id_of(left), r = id_of(right), both = id_of(left + right);
    rules_.emplace(pair_key(l, r), Rule{static_cast<int32_t>(rank), both});
  }
}

Bpe::~Bpe() = default;

const Bpe::Rule* Bpe::rule(int32_t left, int32_t right) const {
  const auto it = rules_.find(pair_key(left, right));
  return it == rules_.end() ? nullptr : &it->second;
}

void Bpe::encode(std::string_view word, std::vector<int32_t>& ids) const {
  if (word.size() > WordCache::kLongestWord) return encode_uncached(word, ids);
  auto& shard = cache_->of(word);
  {
    std::shared_lock lock(shard.mutex);
    if (const auto it = shard.words.find(word); it != shard.words.end()) {
      ids.insert(ids.end(), it->second.begin(), it->second.end());
      return;
    }
  }
  const size_t begin = ids.size();
  encode_uncached(word, ids);
  std::unique_lock lock(shard.mutex);
  if (shard.words.size() < WordCache::kWordsAShard)
    shard.words.emplace(std::string(word), std::vector<int32_t>(ids.begin() + begin, ids.end()));
}

void Bpe::encode_uncached(std::string_view word, std::vector<int32_t>& ids) const {
  struct Symbol {
    int32_t id, previous, next;  // neighbours by index; -1 at the ends. A merged-away symbol has id -1.
  };
  struct Candidate {
    int32_t rank, at, left, right, merged;
    bool operator<(const Candidate& o) const { return rank != o.rank ? rank > o.rank : at > o.at; }  // a min-heap
  };
  std::vector<Symbol> symbols;
  symbols.reserve(word.size());
  for (size_t i = 0; i < word.size(); ++i) {
    const auto byte = static_cast<uint8_t>(word[i]);
    const int32_t id = i + 1 == word.size() ? last_[byte] : inner_[byte];
    if (id >= 0)
      symbols.push_back({id, static_cast<int32_t>(symbols.size()) - 1, static_cast<int32_t>(symbols.size()) + 1});
  }
  if (symbols.empty()) return;
  symbols.back().next = -1;

  std::priority_queue<Candidate> candidates;
  const auto consider = [&](int32_t at) {
    if (at < 0 || symbols[at].next < 0) return;
    const int32_t left = symbols[at].id, right = symbols[symbols[at].next].id;
    if (const Rule* r = rule(left, right)) candidates.push({r->rank, at, left, right, r->id});
  };
  for (int32_t i = 0; i + 1 < static_cast<int32_t>(symbols.size()); ++i) consider(i);
  while (!candidates.empty()) {
    const Candidate best = candidates.top();
    candidates.pop();
    Symbol& left = symbols[best.at];
    if (left.id != best.left || left.next < 0 || symbols[left.next].id != best.right) continue;  // outdated
    Symbol& right = symbols[left.next];
    left.id = best.merged;
    left.next = right.next;
    right.id = -1;
    if (left.next >= 0) symbols[left.next].previous = best.at;
    consider(left.previous);
    consider(best.at);
  }
  for (int32_t i = 0; i >= 0; i = symbols[i].next) ids.push_back(symbols[i].id);
}

std::vector<Merge> parse_merges(std::string_view content, std::string_view source) {
  std::vector<Merge> merges;
  size_t number = 0;
  while (!content.empty()) {
    const size_t end = std::min(content.find('\n'), content.size());
    std::string_view line = content.substr(0, end);
    content.remove_prefix(std::min(end + 1, content.size()));
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || (number == 1 && line.starts_with("#version"))) continue;
    const size_t space = line.find(' ');
    if (space == line.npos || space == 0 || space + 1 == line.size() || line.find(' ', space + 1) != line.npos)
      throw InputError("tokenizer", "{}: expected two tokens and one space in line {}, got \"{}\"", source, number,
                       line.substr(0, 80));
    merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
  return merges;
}

std::string format_merges(const std::vector<Merge>& merges) {
  std::string text = "#version: 0.2\n";
  for (const auto& [left, right] : merges) text += left + " " + right + "\n";
  return text;
}

}  // namespace sensorium
