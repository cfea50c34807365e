#include "sensorium/classic/hash_sets.h"

#include "sensorium/base/error.h"
#include "sensorium/text/unicode.h"

#include <xxhash.h>

#include <algorithm>
#include <limits>

namespace sensorium::classic {

uint64_t xxh64(std::string_view bytes, uint64_t seed) {
  return XXH64(bytes.data(), bytes.size(), seed);
}

std::string_view hash_split(std::string_view id, uint64_t seed, double train, double val) {
  const double u = static_cast<double>(xxh64(id, seed) >> 11) * 0x1p-53;
  return u < train ? "train" : u < train + val ? "val" : "test";
}

std::vector<std::string> shingles(std::string_view text) {
  constexpr size_t kLength = 5;
  std::u32string evened;
  bool gap = false;
  for (const char32_t c : unicode::python_lower(unicode::decode(text))) {
    if (unicode::is_python_space(c)) {
      gap = true;
      continue;
    }
    if (gap && !evened.empty()) evened += U' ';
    gap = false;
    evened += c;
  }
  std::vector<std::string> set;
  if (evened.empty()) return set;
  for (size_t i = 0; i + std::min(kLength, evened.size()) <= evened.size(); ++i)
    set.push_back(unicode::encode(std::u32string_view(evened).substr(i, kLength)));
  std::sort(set.begin(), set.end());
  set.erase(std::unique(set.begin(), set.end()), set.end());
  return set;
}

double jaccard(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  if (a.empty() && b.empty()) return 1;
  std::vector<std::string> common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(common));
  return static_cast<double>(common.size()) / static_cast<double>(a.size() + b.size() - common.size());
}

std::vector<uint64_t> minhash(const std::vector<std::string>& set, size_t length) {
  std::vector<uint64_t> signature(length, std::numeric_limits<uint64_t>::max());
  for (size_t i = 0; i < length; ++i)
    for (const std::string& s : set) signature[i] = std::min(signature[i], xxh64(s, i));
  return signature;
}

double minhash_similarity(const std::vector<uint64_t>& a, const std::vector<uint64_t>& b) {
  SENSORIUM_ASSERT(a.size() == b.size() && !a.empty());
  size_t equal = 0;
  for (size_t i = 0; i < a.size(); ++i) equal += a[i] == b[i];
  return static_cast<double>(equal) / static_cast<double>(a.size());
}

}  // namespace sensorium::classic
