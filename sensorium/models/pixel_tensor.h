#pragma once
// Pixels as a tensor.

#include "sensorium/io/pixels.h"
#include "sensorium/tensor/traits.h"

namespace sensorium {

/// [B,3,H,W], what the pixels stand for. It may refer to them, who then have to outlive it.
template <class T>
T pixel_tensor(const Pixels& pixels) {
  return TensorTraits<T>::from_pixels(pixels.bytes.data(), {pixels.count, 3, pixels.height, pixels.width},
                                      *pixels.table);
}

}  // namespace sensorium
