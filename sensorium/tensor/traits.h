#pragma once
// What a model needs of a tensor type besides the op vocabulary: values in and out.

#include "sensorium/tensor/layers.h"
#include "sensorium/tensor/pixel_table.h"

#include <cstdint>
#include <vector>

namespace sensorium {

/// Specialised beside each op set, with these static members:
///   T from_float(const float* data, const std::vector<int64_t>& shape)   a copy of row-major values
///   T from_file(const float* data, shape, std::shared_ptr<const void> owner)   may share what `owner` keeps alive
///   T from_pixels(const uint8_t* bytes [B,3,H,W], shape, const PixelTable&)   what bytes stand for; may share both,
///                                                                        which then outlive it
///   T only_shape(shape)                       a weight whose values a packed one holds
///   std::vector<float> to_float(const T&)                                row-major values
///   std::vector<int64_t> shape(const T&)
/// Beside the vocabulary each set also has the functions `prepare(Linear<T>&)`, `prepare(SelfAttention<T>&)`,
/// `prepare_cross(SelfAttention<T>&)`, `prepare(Conv2d<T>&, const BatchNorm2d<T>&)` and `prepare_patches(Conv2d<T>&)`,
/// called once a layer's weights are final: a runtime packs and folds there. The weights keep their values. And it has
/// `adopt(Linear<T>&, const PackedWeight&)`, `adopt(SelfAttention<T>&, qkv, output)`, `adopt_cross(SelfAttention<T>&,
/// query, kv, output)`, `adopt(Conv2d<T>&, const BatchNorm2d<T>&, const PackedWeight&)` and `adopt_patches(Conv2d<T>&,
/// const PackedWeight&)`, to use weights that a file holds packed; a set that cannot throws InputError.
template <class T>
struct TensorTraits;

}  // namespace sensorium
