#pragma once
// Inside the room: a convolution's weight with its normalisation folded in, as it is packed.

#include "sensorium/tensor/layers.h"
#include "sensorium/tensor/packed.h"

namespace sensorium::rt {

/// Throws InputError naming `op` for a weight that is no [out, in, k, k], and a bias, stride or padding that no
/// convolution has.
void check_weights(const Conv2d<Tensor>& conv, const char* op);

/// Whether a convolution of this precision reads its input as bfloat16 in place: pixels must start at whole words.
bool reads_halves(const Conv2d<Tensor>& conv, Precision precision);

/// Values of a window's line as they stand in the weight and in memory.
int64_t run_of(const Conv2d<Tensor>& conv, Precision precision);

/// The convolution with its normalisation folded in, packed for the way it is computed.
std::shared_ptr<const Packed> fold(const Conv2d<Tensor>& conv, const BatchNorm2d<Tensor>& norm, Precision precision);

/// What is added to it, [out]: the same as `fold` gives, without the convolution's weight.
Tensor folded_bias(const Conv2d<Tensor>& conv, const BatchNorm2d<Tensor>& norm);

/// Rows and columns of the packed matrix, by windows or, for `winograd`, by positions of patches.
struct PackedSize {
  int64_t out, in;
};
PackedSize packed_size(const Conv2d<Tensor>& conv, Precision precision, bool winograd);

/// Whether a weight is packed for `winograd`, which its size tells: it may come from a processor that decides
/// otherwise.
bool is_winograd(const Conv2d<Tensor>& conv, const Packed& packed);

}  // namespace sensorium::rt
