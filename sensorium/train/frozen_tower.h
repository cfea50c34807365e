#pragma once
// Frozen towers in the lean runtime: what no gradient goes through it computes several times as fast as LibTorch does
// on a CPU.

#include "sensorium/io/pixels.h"
#include "sensorium/models/blip/blip.h"
#include "sensorium/models/dual_encoder.h"
#include "sensorium/tensor/precision.h"
#include "sensorium/tensor/tensor.h"

#include <torch/types.h>

namespace sensorium {

/// How a frozen tower computes: products in `precision`, on `threads` threads (0: all processors).
struct LeanArithmetic {
  Precision precision = Precision::fp32;
  int threads = 0;
};

/// The same model on rt::Tensor, its weights packed. It, and every other such copy, computes with the threads given
/// last. Not thread-safe.
DualEncoder<rt::Tensor> lean_copy(const DualEncoder<torch::Tensor>& model, const LeanArithmetic& arithmetic);
/// Of BLIP only the vision tower has the model's weights.
BlipVision<rt::Tensor> lean_vision(const Blip<torch::Tensor>& model, const LeanArithmetic& arithmetic);

/// Every picture mirrored, left to right.
void mirror(Pixels& pixels);

/// The values in float32, copied.
torch::Tensor to_torch(const rt::Tensor& values);

}  // namespace sensorium
