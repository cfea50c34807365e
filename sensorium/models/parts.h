#pragma once
// A batch in parts whose largest activation stays in the processor's cache, where the tensor type gains by it.

#include "sensorium/tensor/layers.h"

#include <algorithm>
#include <vector>

namespace sensorium {

/// f(x, first) for parts x [n, ...] of the batch, of which each row's largest lasting activation has `values` values;
/// `first` is the part's first row. Results are joined; each row's is what the whole batch would give it.
template <class T, class F>
T in_parts(const T& x, int64_t values, F&& f) {
  const int64_t batch = size_of(x, 0), part = batch_part(x, values);
  if (batch <= part) return f(x, int64_t{0});
  std::vector<T> done;
  for (int64_t first = 0; first < batch; first += part)
    done.push_back(f(slice_batch(x, first, std::min(batch, first + part)), first));
  return join_batches(done);
}

}  // namespace sensorium
