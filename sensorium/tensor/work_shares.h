#pragma once
// Inside the room: pieces of work handed out to threads so that they keep to their own.

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace sensorium::rt {

/// Pieces [0, n), an even share for each thread: one takes its own in order, then the last of what others have left. So
/// a thread mostly reads what it wrote in the op before, from caches near its core; where cores share none, anything
/// else costs a quarter of a convolutional network's time. Thread-safe.
class WorkShares {
 public:
  WorkShares(int64_t pieces, int threads) : count_(std::clamp(threads, 1, kMost)) {
    const auto begin = [&](int t) { return static_cast<uint64_t>(pieces * t / count_); };
    for (int t = 0; t < count_; ++t) shares_[t].left.store(begin(t) << 32 | begin(t + 1), std::memory_order_relaxed);
  }

  /// The next piece for this thread, or -1 where none is left.
  int64_t take(int thread) {
    for (int i = 0; i < count_; ++i) {
      std::atomic<uint64_t>& left = shares_[(thread + i) % count_].left;
      uint64_t now = left.load(std::memory_order_relaxed);
      while (now >> 32 < (now & kEnd)) {
        const uint64_t after = i == 0 ? now + kEnd + 1 : now - 1;
        if (left.compare_exchange_weak(now, after, std::memory_order_relaxed))
          return static_cast<int64_t>(i == 0 ? now >> 32 : after & kEnd);
      }
    }
    return -1;
  }

 private:
  static constexpr int kMost = 64;
  static constexpr uint64_t kEnd = 0xffffffff;
  struct alignas(64) Share {
    std::atomic<uint64_t> left;  // its first piece in the upper half, its end in the lower
  };
  Share shares_[kMost];
  int count_;
};

}  // namespace sensorium::rt
