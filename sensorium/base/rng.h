#pragma once
// Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2,
// 3", SC 2011). A value depends only on (seed, stream, counter), so results do not depend on threads or order.

#include <array>
#include <cstdint>
#include <initializer_list>

namespace sensorium {

/// One Philox block: four 32-bit words from a 128-bit counter and a 64-bit key.
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

/// Mixes a seed with any number of labels (epoch, sample id, ...) to the seed of an independent stream.
uint64_t mix_seed(uint64_t seed, std::initializer_list<uint64_t> labels);

/// A stream of random numbers. Copyable; the state is (seed, position) and can be saved and restored.
class CounterRng {
 public:
  explicit CounterRng(uint64_t seed, uint64_t stream = 0) : seed_(seed), stream_(stream) {}
  uint32_t next_u32();
  uint64_t next_u64() { return uint64_t{next_u32()} << 32 | next_u32(); }
  /// Uniform in [0, 1), 53 bits.
  double uniform() { return static_cast<double>(next_u64() >> 11) * 0x1.0p-53; }
  /// Uniform in [low, high).
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Standard normal (Box-Muller, one value a call).
  double normal();
  /// Uniform in [0, n), without bias (Lemire, "Fast random integer generation in an interval", 2019). n must be > 0.
  uint64_t below(uint64_t n);
  uint64_t position() const { return position_; }
  void seek(uint64_t position) { position_ = position; }

 private:
  uint64_t seed_, stream_, position_ = 0;  // position counts 32-bit words
  std::array<uint32_t, 4> block_{};
  uint64_t block_index_ = ~uint64_t{0};
};

/// The image of `index` under a pseudo-random permutation of [0, n) chosen by `seed`, in O(1) memory: a Feistel network
/// on the next power of four with cycle walking (Black, Rogaway, "Ciphers with arbitrary finite domains", 2002).
uint64_t permuted_index(uint64_t seed, uint64_t n, uint64_t index);

}  // namespace sensorium
