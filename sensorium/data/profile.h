#pragma once
// What a data set is like: counts, lengths, sizes, vocabularies, languages.

#include "sensorium/data/record.h"

#include <functional>
#include <map>
#include <unordered_map>

namespace sensorium {

/// Whole numbers and how often each occurred. Not thread-safe.
class Histogram {
 public:
  void add(int64_t value, uint64_t times = 1) { counts_[value] += times; }
  uint64_t count() const;
  double mean() const;
  /// The smallest value at or below which a fraction of all lies; 0 when there is none.
  int64_t quantile(double fraction) const;
  /// At most `bins` bins of equal width from the smallest to the largest value: {first value, count}.
  std::vector<std::pair<int64_t, uint64_t>> binned(int bins) const;
  /// {"count", "min", "p5", "median", "p95", "max", "mean", "bins": [[first value, count], ...]}.
  OrderedJson to_json() const;

 private:
  std::map<int64_t, uint64_t> counts_;
};

/// Words and how often each occurred.
class Vocabulary {
 public:
  void add(std::string_view word);
  /// The most common, by count, then by word.
  std::vector<std::pair<std::string, uint64_t>> top(size_t n) const;
  /// {"distinct", "total", "once", "top": {word: count, ...}}.
  OrderedJson to_json(size_t n) const;
  bool empty() const { return counts_.empty(); }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, uint64_t, Hash, std::equal_to<>> counts_;
  uint64_t total_ = 0;
};

/// Counted record by record. Memory grows with the different words. Not thread-safe.
struct DataProfile {
  Histogram captions_per_picture, caption_words, caption_characters, width, height, aspect_percent, regions, objects,
      questions;
  Vocabulary words, tags, labels, object_names, attributes, predicates, answers;
  std::map<std::string, uint64_t> declared, guessed;  // captions by language; guessed: "unsure" when not reliable
  uint64_t contradicting = 0;                         // captions in another language than they say
  bool guess_languages = false;
  void add(const Record& record);
  /// Everything above that is not empty.
  OrderedJson to_json() const;
};

/// Calls `word` for each word of a text in lower case: runs of letters, marks and digits, with apostrophes inside; a
/// character of Chinese or Japanese writing is one.
void for_each_word(std::string_view text, const std::function<void(std::string_view)>& word);

}  // namespace sensorium
