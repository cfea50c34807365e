#include "sensorium/data/crop_hash.h"
#include "sensorium/data/hamming_pairs.h"
#include "sensorium/data/hash_counts.h"
#include "sensorium/data/near_captions.h"
#include "tests/data/corpus.h"

#include <doctest/doctest.h>

#include <bit>
#include <set>

namespace sensorium::test {
namespace {

TEST_CASE("near pairs of hashes: exactly those of a full comparison") {
  CounterRng rng(3);
  std::vector<uint64_t> hashes;
  for (int i = 0; i < 400; ++i) {
    uint64_t hash = i % 2 ? hashes.back() : rng.next_u64();
    if (i % 2)
      for (uint64_t flips = rng.below(17); flips > 0; --flips) hash ^= uint64_t{1} << rng.below(64);
    hashes.push_back(hash);
  }
  for (const int bits : {0, 3, 6, 14}) {
    CAPTURE(bits);
    std::set<std::pair<uint32_t, uint32_t>> fast, slow, cross, cross_slow;
    for_each_near_pair(hashes, bits, [&](uint32_t i, uint32_t j) { fast.emplace(i, j); });
    const std::span<const uint64_t> all(hashes), left = all.first(150), right = all.subspan(150);
    for_each_near_pair(left, right, bits, [&](uint32_t i, uint32_t j) { cross.emplace(i, j); });
    for (uint32_t i = 0; i < hashes.size(); ++i)
      for (uint32_t j = i + 1; j < hashes.size(); ++j)
        if (std::popcount(hashes[i] ^ hashes[j]) <= bits) {
          slow.emplace(i, j);
          if (i < 150 && j >= 150) cross_slow.emplace(i, j - 150);
        }
    CHECK(fast == slow);
    CHECK(cross == cross_slow);
  }
  std::vector<std::pair<uint32_t, uint32_t>> same;
  for_each_near_pair(std::vector<uint64_t>{7, 1, 7, 7}, 0, [&](uint32_t i, uint32_t j) { same.emplace_back(i, j); });
  CHECK(same == std::vector<std::pair<uint32_t, uint32_t>>{{0, 2}, {0, 3}});
}

TEST_CASE("near captions: case, marks and a word; the first stays") {
  TextArena texts;
  for (const char* text : {"A black dog runs across the green meadow.", "Two children play in the sand at the beach",
                           "a black dog runs across the green meadow", "A black dog runs across the green field.",
                           "A black dog runs across the green meadow.", "Something else altogether", "!!", ""})
    texts.add(text);
  const auto near = near_captions(texts, 0.7, 1);
  std::vector<uint32_t> of;
  for (const NearCaption& n : near) of.push_back(n.of);
  CHECK(of == std::vector<uint32_t>{0, 1, 0, 0, 0, 5, 6, 6});
  CHECK(near[2].similarity == 1);
  CHECK(near[3].similarity == doctest::Approx(caption_similarity(texts[0], texts[3])));
  CHECK(caption_similarity("abcd", "wxyz") == 0);
  CHECK(error_of([&] { near_captions(texts, 0.1); }) ==
        "[near captions] expected a similarity between 0.3 and 1, got 0.1");
}

TEST_CASE("near captions: the same for any number of threads, and no pair is missed") {
  CounterRng rng(5);
  TextArena texts;
  std::vector<std::string> all;
  for (int i = 0; i < 600; ++i) {
    std::string text;
    if (i % 3 == 0) {
      for (int w = 0; w < 9; ++w) text += fmt::format("{}w{} ", w ? "" : "the ", rng.below(5000));
    } else {
      text = all.back() + (i % 3 == 1 ? "!" : "x");
    }
    all.push_back(text);
    texts.add(text);
  }
  const auto one = near_captions(texts, 0.7, 1), three = near_captions(texts, 0.7, 3);
  for (uint32_t i = 0; i < one.size(); ++i) {
    CHECK(one[i].of == three[i].of);
    CHECK(one[i].of == i / 3 * 3);
  }
}

TEST_CASE("crops: a part is found in its whole, and nothing in others") {
  std::vector<CropPrint> prints;
  for (uint64_t seed = 0; seed < 12; ++seed) prints.push_back(crop_print(blocks(seed, 120, 100)));
  const Image whole = blocks(7, 120, 100);
  Image part(96, 70);
  for (int y = 0; y < 70; ++y) std::copy_n(whole.row(y + 21) + 3 * 13, 3 * 96, part.row(y));
  prints.push_back(crop_print(part));
  const auto pairs = find_crops(prints, {}, 2);
  REQUIRE(pairs.size() == 1);
  CHECK(pairs[0].part == 12);
  CHECK(pairs[0].whole == 7);
  CHECK(pairs[0].correlation > 0.95f);
}

TEST_CASE("crops: of any shape, and only where edges agree") {
  std::vector<CropPrint> prints;
  for (uint64_t seed = 0; seed < 10; ++seed) prints.push_back(crop_print(blocks(seed, 200, 200)));
  const std::array<std::array<int, 4>, 5> boxes{
      {{3, 2, 190, 135}, {9, 40, 136, 155}, {60, 5, 134, 190}, {20, 8, 150, 180}, {56, 28, 118, 118}}};
  for (size_t i = 0; i < boxes.size(); ++i) {
    const auto [left, top, width, height] = boxes[i];
    const Image whole = blocks(i, 200, 200);
    Image part(width, height);
    for (int y = 0; y < height; ++y) std::copy_n(whole.row(top + y) + 3 * left, 3 * width, part.row(y));
    prints.push_back(crop_print(part));
  }
  std::string found;
  for (const CropPair& pair : find_crops(prints, {}, 2)) found += fmt::format("{} of {}, ", pair.part, pair.whole);
  CHECK(found == "10 of 0, 11 of 1, 12 of 2, 13 of 3, 14 of 4, ");
  CHECK(find_crops(prints, {.min_edges = 1.01}, 1).empty());
}

TEST_CASE("hash counts") {
  HashCounts counts;
  CounterRng rng(1);
  std::vector<uint64_t> hashes;
  for (int i = 0; i < 5000; ++i) hashes.push_back(rng.next_u64());
  for (int round = 0; round < 3; ++round)
    for (const uint64_t hash : hashes) CHECK(counts.add(hash) == round);
  for (int i = 3; i < 300; ++i) CHECK(counts.add(hashes[0]) == std::min(i, 255));
}

}  // namespace
}  // namespace sensorium::test
