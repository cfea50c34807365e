#pragma once
// What a model needs of a tensor type besides the op vocabulary: values in and out.

#include "sensorium/tensor/layers.h"

#include <cstdint>
#include <vector>

namespace sensorium {

/// Specialised beside each op set, with these static members:
///   T from_float(const float* data, const std::vector<int64_t>& shape)   a copy of row-major values
///   std::vector<float> to_float(const T&)                                row-major values
///   std::vector<int64_t> shape(const T&)
/// Beside the vocabulary each set also has the functions `prepare(Linear<T>&)`, `prepare(SelfAttention<T>&)`,
/// `prepare_cross(SelfAttention<T>&)`, `prepare(Conv2d<T>&, const BatchNorm2d<T>&)` and `prepare_patches(Conv2d<T>&)`,
/// called once a layer's weights are final: a runtime packs and folds there. The weights keep their values.
template <class T>
struct TensorTraits;

}  // namespace sensorium
