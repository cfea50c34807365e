#pragma once
// Inside the room: 3x3 convolutions of stride 1 with fewer multiplications: F(2x2, 3x3) of Lavin and Gray, "Fast
// algorithms for convolutional neural networks" (2015), after Winograd. 2x2 output pixels take a patch of 4x4 input
// pixels, transformed, 16 products for each pair of channels instead of 36, and a transformation back.

#include "sensorium/tensor/gemm.h"
#include "sensorium/tensor/layers.h"
#include "sensorium/tensor/padded.h"

namespace sensorium::rt {

/// Values of a transformed patch: products for each pair of channels.
inline constexpr int64_t kWinogradPositions = 16;

/// Whether a convolution can be computed so: 3x3, stride and padding 1, whole panels. Not int8, whose rounding the
/// transformations would spread.
bool winograd_fits(const Conv2d<Tensor>& conv, Precision precision);

/// Whether it is worth it: there are few enough channels that the transformed weights, 16/9 of the plain ones, stay
/// near. Decided by the weight and the kernels alone, so that a picture's result does not depend on what it is computed
/// with.
bool winograd_suits(const Conv2d<Tensor>& conv, Precision precision);

/// Packs G w G' of `weight` [out, in, 3, 3], row `position * out + o`, each output channel's filter times its scale.
std::shared_ptr<Packed> winograd_pack(const Tensor& weight, const std::vector<double>& scales, Precision precision);

/// The convolution of pictures x that have no padding yet, with what winograd_pack gave; `end` is that of a product
/// with a row for each output pixel. x is bfloat16 where the weight is.
void winograd(const Padded& x, const Geometry& g, const Packed& weight, const GemmEnd& end);

}  // namespace sensorium::rt
