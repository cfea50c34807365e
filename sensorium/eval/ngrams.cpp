#include "sensorium/eval/ngrams.h"

#include "sensorium/base/error.h"
#include "sensorium/text/unicode.h"

#include <algorithm>

namespace sensorium {

std::vector<std::string> split_white_space(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (size_t at = 0; at < text.size();) {
    const size_t from = at;
    if (unicode::is_python_space(unicode::next(text, at))) {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
    } else {
      word += text.substr(from, at - from);
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::vector<std::string> split_spaces(std::string_view text) {
  std::vector<std::string> pieces;
  for (size_t at = 0;;) {
    const size_t end = std::min(text.find(' ', at), text.size());
    pieces.emplace_back(text.substr(at, end - at));
    if (end == text.size()) return pieces;
    at = end + 1;
  }
}

std::vector<int32_t> WordNumbers::numbered(const std::vector<std::string>& words) {
  std::vector<int32_t> numbers;
  numbers.reserve(words.size());
  for (const std::string& w : words)
    numbers.push_back(known_.try_emplace(w, static_cast<int32_t>(known_.size())).first->second);
  return numbers;
}

NgramCounts count_ngrams(const std::vector<int32_t>& words, int order) {
  SENSORIUM_ASSERT(order >= 1 && order <= 4);
  const auto n = static_cast<size_t>(order);
  NgramCounts counts;
  for (size_t i = 0; i + n <= words.size(); ++i) {
    Ngram gram = {-1, -1, -1, -1};
    std::copy_n(words.begin() + static_cast<std::ptrdiff_t>(i), n, gram.begin());
    ++counts[gram];
  }
  return counts;
}

void raise_to(NgramCounts& largest, const NgramCounts& other) {
  for (const auto& [gram, count] : other) {
    int64_t& own = largest[gram];
    own = std::max(own, count);
  }
}

int64_t overlap(const NgramCounts& a, const NgramCounts& b) {
  int64_t sum = 0;
  for (const auto& [gram, count] : a)
    if (const auto other = b.find(gram); other != b.end()) sum += std::min(count, other->second);
  return sum;
}

int64_t longest_common_subsequence(const std::vector<int32_t>& a, const std::vector<int32_t>& b) {
  std::vector<int64_t> row(b.size() + 1);
  for (const int32_t x : a) {
    int64_t diagonal = 0;
    for (size_t j = 0; j < b.size(); ++j) {
      const int64_t above = row[j + 1];
      row[j + 1] = b[j] == x ? diagonal + 1 : std::max(above, row[j]);
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace sensorium
