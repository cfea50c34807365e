#include "sensorium/base/rng.h"

#include "sensorium/base/error.h"

#include <cmath>
#include <numbers>

namespace sensorium {

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> c, std::array<uint32_t, 2> k) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53u} * c[0];
    const uint64_t b = uint64_t{0xCD9E8D57u} * c[2];
    c = {static_cast<uint32_t>(b >> 32) ^ c[1] ^ k[0], static_cast<uint32_t>(b),
         static_cast<uint32_t>(a >> 32) ^ c[3] ^ k[1], static_cast<uint32_t>(a)};
    k[0] += 0x9E3779B9u;
    k[1] += 0xBB67AE85u;
  }
  return c;
}

namespace {

std::array<uint32_t, 4> philox64(uint64_t low, uint64_t high, uint64_t key) {
  return philox4x32({static_cast<uint32_t>(low), static_cast<uint32_t>(low >> 32), static_cast<uint32_t>(high),
                     static_cast<uint32_t>(high >> 32)},
                    {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)});
}

}  // namespace

uint64_t mix_seed(uint64_t seed, std::initializer_list<uint64_t> labels) {
  for (uint64_t label : labels) {
    const auto r = philox64(label, 0x53454E53u, seed);
    seed = uint64_t{r[0]} << 32 | r[1];
  }
  return seed;
}

uint32_t CounterRng::next_u32() {
  const uint64_t block = position_ / 4;
  if (block != block_index_) {
    block_ = philox64(block, stream_, seed_);
    block_index_ = block;
  }
  return block_[position_++ % 4];
}

double CounterRng::normal() {
  const double u = 1.0 - uniform();  // (0, 1]
  const double v = uniform();
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
}

uint64_t CounterRng::below(uint64_t n) {
  SENSORIUM_ASSERT(n > 0);
  for (;;) {
    const unsigned __int128 m = static_cast<unsigned __int128>(next_u64()) * n;
    const uint64_t low = static_cast<uint64_t>(m);
    if (low >= n || low >= -n % n) return static_cast<uint64_t>(m >> 64);
  }
}

uint64_t permuted_index(uint64_t seed, uint64_t n, uint64_t index) {
  SENSORIUM_ASSERT(index < n);
  int half = 1;
  while (half < 32 && (uint64_t{1} << (2 * half)) < n) ++half;
  const uint64_t mask = (uint64_t{1} << half) - 1;
  do {
    uint64_t left = index >> half, right = index & mask;
    for (uint64_t round = 0; round < 4; ++round) {
      const auto r = philox64(right, round, seed);
      const uint64_t next = left ^ ((uint64_t{r[0]} << 32 | r[1]) & mask);
      left = right;
      right = next;
    }
    index = left << half | right;
  } while (index >= n);
  return index;
}

}  // namespace sensorium
