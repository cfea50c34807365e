#pragma once
// Inside the room: the thread setting, and checks of arguments.

#include "sensorium/base/error.h"
#include "sensorium/base/workers.h"
#include "sensorium/tensor/ops.h"
#include "sensorium/tensor/work_shares.h"

#include <algorithm>

namespace sensorium::rt {

/// Throws InputError "[op] expected <what>, got <shape>" where `ok` is false.
inline void require(bool ok, const char* op, const char* what, const Tensor& x) {
  if (!ok) throw InputError(op, "expected {}, got {}", what, x.defined() ? x.shape().text() : "an undefined tensor");
}

inline void require_same(const Shape& expected, const Tensor& x, const char* op, const char* what) {
  if (!x.defined() || !(x.shape() == expected))
    throw InputError(op, "expected {} of shape {}, got {}", what, expected.text(),
                     x.defined() ? x.shape().text() : "an undefined tensor");
}

inline int64_t round_up(int64_t n, int64_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

/// All dimensions but the last, as one.
inline int64_t rows_of(const Tensor& x) {
  return x.size(-1) == 0 ? 0 : x.numel() / x.size(-1);
}

/// Calls body(first, last) in parallel for pieces of [0, n) of `grain` each. Pieces do not depend on the thread count.
/// An exception (no memory left) reaches the caller once no piece is at work; some may not have begun.
template <class F>
void parallel_ranges(int64_t n, int64_t grain, F&& body) {
  const int64_t pieces = (n + grain - 1) / grain;
  if (pieces <= 1) {
    if (n > 0) body(int64_t{0}, n);
    return;
  }
  const int threads = static_cast<int>(std::min<int64_t>(pieces, num_threads()));
  WorkShares shares(pieces, threads);
  auto run = [&](int thread) {
    for (int64_t p; (p = shares.take(thread)) >= 0;) body(p * grain, std::min(n, (p + 1) * grain));
  };
  run_shared(threads, run);
}

/// Rows in a piece so that one piece is about 16 K elements: enough to pay for its hand-out.
inline int64_t row_grain(int64_t width) {
  return std::max<int64_t>(1, 16384 / std::max<int64_t>(1, width));
}

}  // namespace sensorium::rt
