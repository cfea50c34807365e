#include "sensorium/data/assign.h"
#include "tests/data/corpus.h"

#include <doctest/doctest.h>

#include <bit>

namespace sensorium::test {
namespace {

TEST_CASE("perceptual hash equals imagehash.phash") {
  const fs::path folder = goldens() / "images";
  int compared = 0;
  const Json hashes = read_json(folder / "hashes.json");
  for (const Json& entry : hashes.at("entries")) {
    const fs::path file = folder / entry.at("file").get<std::string>();
    const std::string extension = file.extension().string();
    if (!fs::exists(file) || (extension != ".png" && extension != ".jpg" && extension != ".webp")) continue;
    CAPTURE(file.string());
    CHECK(fmt::format("{:016x}", perceptual_hash(read_image(file))) == entry.at("phash").get<std::string>());
    ++compared;
  }
  CHECK(compared >= 8);
}

std::vector<Fingerprint> random_prints(size_t n, uint64_t seed) {
  CounterRng rng(seed);
  std::vector<Fingerprint> prints(n);
  for (Fingerprint& p : prints) {
    p.content = {rng.next_u64(), rng.next_u64()};
    p.perceptual = rng.next_u64();
  }
  return prints;
}

TEST_CASE("grouping finds exactly the pairs that a full comparison finds") {
  for (const int bits : {0, 3, 6, 14}) {
    CAPTURE(bits);
    std::vector<Fingerprint> prints = random_prints(300, 7);
    CounterRng rng(8);
    for (size_t i = 1; i < prints.size(); i += 2) {  // a neighbour some bits away
      prints[i].perceptual = prints[i - 1].perceptual;
      for (uint64_t flips = rng.below(17); flips > 0; --flips) prints[i].perceptual ^= uint64_t{1} << rng.below(64);
    }
    std::vector<uint32_t> slow(prints.size());
    for (uint32_t i = 0; i < slow.size(); ++i) slow[i] = i;
    const auto root = [&](uint32_t i) {
      while (slow[i] != i) i = slow[i];
      return i;
    };
    for (uint32_t i = 0; i < slow.size(); ++i)
      for (uint32_t j = 0; j < i; ++j)
        if (std::popcount(prints[i].perceptual ^ prints[j].perceptual) <= bits) {
          const uint32_t a = root(i), b = root(j);
          slow[std::max(a, b)] = std::min(a, b);
        }
    const std::vector<uint32_t> fast = group_pictures(prints, {bits, 12});
    for (uint32_t i = 0; i < slow.size(); ++i) CHECK(fast[i] == root(i));
  }
  CHECK(error_of([] { group_pictures({}, {15, 12}); }) == "[data prepare] expected a hash distance in [0, 14], got 15");
}

TEST_CASE("colour tells apart what the hash does not; content and family join whatever they look like") {
  std::vector<Fingerprint> prints = random_prints(6, 1);
  prints[1].perceptual = prints[0].perceptual;
  prints[1].colours.fill(200);
  prints[3].content = prints[2].content;
  prints[4].family = prints[5].family = 9;
  CHECK(group_pictures(prints, {}) == std::vector<uint32_t>{0, 1, 2, 2, 4, 4});
  ColourThumbnail white, mark;
  white.fill(255);
  mark = white;
  mark[0] = mark[1] = mark[2] = 155;
  CHECK(colour_distance(white, white) == 0);
  CHECK(colour_distance(white, mark) == 100);  // white cells do not dilute it
}

TEST_CASE("splits: fractions, stability, own splits by strength") {
  int test = 0, val = 0;
  for (int i = 0; i < 10000; ++i) {
    const std::string split = choose_split(std::to_string(i), {0.1, 0.2}, 3);
    test += split == "test";
    val += split == "val";
  }
  CHECK(test > 1850);
  CHECK(test < 2150);
  CHECK(val > 850);
  CHECK(val < 1150);

  std::vector<Fingerprint> prints = random_prints(4, 2);
  prints[1].perceptual = prints[0].perceptual;  // near-identical: train, test
  prints[3].content = prints[2].content;        // the same picture twice, no own split
  prints[3].perceptual = prints[2].perceptual;
  const Assignment a = assign_splits(prints, {1, 2, 0, 0}, {"", "train", "test"}, {}, {}, 0);
  CHECK(a.split[0] == "test");
  CHECK(a.into == std::vector<uint32_t>{Assignment::kLeftOut, 1, 2, 2});
  CHECK(a.group_size[2] == 2);
}

}  // namespace
}  // namespace sensorium::test
