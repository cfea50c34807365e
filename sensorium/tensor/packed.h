#pragma once
// Inside the room: what `prepare` makes of a weight.

#include "sensorium/tensor/tensor.h"

#include <oneapi/dnnl/dnnl.hpp>

#include <mutex>
#include <utility>
#include <vector>

namespace sensorium::rt {

/// One of three, by what is set:
/// - a small matrix, [in, round_up(out, kPad)], for the own kernel;
/// - a matrix in oneDNN's blocked layout;
/// - a convolution with its normalisation folded in, plain [out, in, k, k] with its bias, and blocked copies of it.
/// Which
///   block suits depends on the picture's size, so these are made at first use, one for each layout met (few).
struct Packed {
  Tensor small;
  dnnl::memory matrix;
  std::shared_ptr<std::byte> matrix_storage;

  Tensor conv_weight, conv_bias;
  struct Blocked {
    dnnl::memory memory;
    std::shared_ptr<std::byte> storage;
  };
  mutable std::mutex mutex;
  mutable std::vector<Blocked> blocked;
};

}  // namespace sensorium::rt
