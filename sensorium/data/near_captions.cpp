#include "sensorium/data/near_captions.h"

#include "sensorium/base/error.h"
#include "sensorium/base/hash.h"
#include "sensorium/base/rng.h"
#include "sensorium/base/threads.h"
#include "sensorium/text/unicode.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <unordered_map>

namespace sensorium {
namespace {

constexpr size_t kShingle = 4;
constexpr size_t kChunk = 4096;  // texts a thread takes at once

/// Lower case, letters and digits only, single blanks between words.
std::u32string evened(std::string_view text) {
  std::u32string lower, out;
  for (const char32_t c : unicode::decode(text)) unicode::append_lower(lower, c);
  bool gap = false;
  for (const char32_t c : lower) {
    if (unicode::is_letter(c) || unicode::is_number(c) || unicode::is_nonspacing_mark(c)) {
      if (gap && !out.empty()) out += U' ';
      gap = false;
      out += c;
    } else {
      gap = true;
    }
  }
  return out;
}

/// Hashes of all shingles, sorted, each once. A text shorter than a shingle is one.
std::vector<uint32_t> shingles(std::string_view text) {
  const std::u32string letters = evened(text);
  std::vector<uint32_t> set;
  if (letters.empty()) return set;
  const size_t n = std::max(letters.size(), kShingle) - kShingle + 1;
  for (size_t i = 0; i < n; ++i) {
    const std::u32string_view piece = std::u32string_view(letters).substr(i, kShingle);
    set.push_back(static_cast<uint32_t>(
        stable_hash({reinterpret_cast<const char*>(piece.data()), piece.size() * sizeof(char32_t)})));
  }
  std::sort(set.begin(), set.end());
  set.erase(std::unique(set.begin(), set.end()), set.end());
  return set;
}

double jaccard(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b) {
  if (a.empty() && b.empty()) return 1;
  size_t common = 0;
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    common += *i == *j;
    const uint32_t x = *i, y = *j;
    i += x <= y;
    j += y <= x;
  }
  return static_cast<double>(common) / static_cast<double>(a.size() + b.size() - common);
}

/// How many minima a band has, and how many bands there are.
struct Bands {
  size_t rows, bands;
};

Bands choose_bands(double similarity) {
  const size_t rows = similarity >= 0.85 ? 6 : similarity >= 0.6 ? 4 : similarity >= 0.45 ? 3 : 2;
  const double chance = std::pow(std::min(similarity, 0.999), static_cast<double>(rows));
  return {rows, static_cast<size_t>(std::ceil(std::log(1e-4) / std::log1p(-chance)))};
}

/// One key a band of a set of shingles.
void band_keys(const std::vector<uint32_t>& set, const Bands& bands, std::span<const uint64_t> factors,
               std::vector<uint32_t>& minima, uint32_t* keys, size_t stride) {
  std::fill(minima.begin(), minima.end(), std::numeric_limits<uint32_t>::max());
  for (const uint32_t shingle : set) {
    const uint64_t x = uint64_t{shingle} * 0x9E3779B97F4A7C15u >> 16 | 1;
    for (size_t m = 0; m < minima.size(); ++m)
      minima[m] = std::min(minima[m], static_cast<uint32_t>((x ^ factors[m]) * 0xD1B54A32D192ED03u >> 32));
  }
  for (size_t b = 0; b < bands.bands; ++b)
    keys[b * stride] = static_cast<uint32_t>(
        stable_hash({reinterpret_cast<const char*>(&minima[b * bands.rows]), bands.rows * sizeof(uint32_t)}));
}

/// Keys of all texts, band after band: (bands, N).
std::vector<uint32_t> all_keys(const TextArena& texts, const std::vector<uint32_t>& firsts, const Bands& bands,
                               int threads) {
  std::vector<uint64_t> factors;
  CounterRng rng(1);
  for (size_t m = 0; m < bands.bands * bands.rows; ++m) factors.push_back(rng.next_u64());
  const size_t n = firsts.size();
  std::vector<uint32_t> keys(bands.bands * n);
  parallel_for((n + kChunk - 1) / kChunk, threads, [&](size_t chunk) {
    std::vector<uint32_t> minima(factors.size());
    for (size_t i = chunk * kChunk; i < std::min(n, (chunk + 1) * kChunk); ++i)
      band_keys(shingles(texts[firsts[i]]), bands, factors, minima, &keys[i], n);
  });
  return keys;
}

struct Pair {
  uint32_t later, earlier;
  float similarity;
};

/// Pairs of texts that share band `b`, and no band before, and are similar; texts by their place in `firsts`.
std::vector<Pair> pairs_of_band(const TextArena& texts, const std::vector<uint32_t>& firsts,
                                const std::vector<uint32_t>& keys, size_t b, double similarity) {
  const size_t n = firsts.size();
  const auto key = [&](size_t band, uint32_t i) { return keys[band * n + i]; };
  std::vector<uint32_t> order(n);
  for (uint32_t i = 0; i < n; ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](uint32_t x, uint32_t y) { return key(b, x) != key(b, y) ? key(b, x) < key(b, y) : x < y; });
  const auto seen_before = [&](uint32_t x, uint32_t y) {
    for (size_t band = 0; band < b; ++band)
      if (key(band, x) == key(band, y)) return true;
    return false;
  };
  std::vector<Pair> pairs;
  for (size_t first = 0; first < n;) {
    size_t last = first + 1;
    while (last < n && key(b, order[last]) == key(b, order[first])) ++last;
    std::vector<std::vector<uint32_t>> sets;
    if (last - first > 1)
      for (size_t i = first; i < last; ++i) sets.push_back(shingles(texts[firsts[order[i]]]));
    for (size_t j = 1; j < sets.size(); ++j)
      for (size_t i = 0; i < j; ++i) {
        if (seen_before(order[first + i], order[first + j])) continue;
        const double s = jaccard(sets[i], sets[j]);
        if (s >= similarity) pairs.push_back({order[first + j], order[first + i], static_cast<float>(s)});
      }
    first = last;
  }
  return pairs;
}

}  // namespace

double caption_similarity(std::string_view a, std::string_view b) {
  return jaccard(shingles(a), shingles(b));
}

std::vector<NearCaption> near_captions(const TextArena& texts, double similarity, int threads) {
  if (!(similarity >= 0.3 && similarity <= 1))
    throw UsageError("near captions", "expected a similarity between 0.3 and 1, got {}", similarity);
  std::vector<NearCaption> result(texts.size());
  std::vector<uint32_t> firsts;  // of equal texts
  std::unordered_map<std::string_view, uint32_t> known;
  for (uint32_t i = 0; i < texts.size(); ++i) {
    result[i].of = known.try_emplace(texts[i], i).first->second;
    if (result[i].of == i) firsts.push_back(i);
  }
  known.clear();
  const Bands bands = choose_bands(similarity);
  const std::vector<uint32_t> keys = all_keys(texts, firsts, bands, threads);
  std::vector<std::vector<Pair>> found(bands.bands);
  parallel_for(bands.bands, threads, [&](size_t b) { found[b] = pairs_of_band(texts, firsts, keys, b, similarity); });
  std::vector<Pair> pairs;
  for (const std::vector<Pair>& some : found) pairs.insert(pairs.end(), some.begin(), some.end());
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
    return a.later != b.later ? a.later < b.later : a.earlier < b.earlier;
  });
  for (const Pair& pair : pairs) {
    NearCaption& later = result[firsts[pair.later]];
    const uint32_t earlier = firsts[pair.earlier];
    if (later.of == firsts[pair.later] && result[earlier].of == earlier) later = {earlier, pair.similarity};
  }
  for (NearCaption& text : result)  // equal texts follow the first of them
    if (result[text.of].of != text.of) text = result[text.of];
  return result;
}

}  // namespace sensorium
