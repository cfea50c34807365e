#pragma once
// Inside the room: packed matrices.

#include "sensorium/tensor/ops.h"

#include <initializer_list>
#include <memory>

namespace sensorium::rt {

/// weight [out, in] in the form `linear` runs fastest.
std::shared_ptr<const Packed> pack_matrix(const Tensor& weight);

/// Layers of one input as one layer [sum of out, in], packed, LoRA merged.
Linear<Tensor> joined(std::initializer_list<const Linear<Tensor>*> parts);

}  // namespace sensorium::rt
