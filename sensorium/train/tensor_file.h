#pragma once
// torch tensors in safetensors files, bit for bit.

#include "sensorium/io/safetensors.h"
#include "sensorium/train/parameters.h"

namespace sensorium {

/// A copy of a stored tensor, in its own element type (F32, F64, F16, BF16, I32, I64, U8, BOOL). Throws InputError
/// naming `source` for other types.
torch::Tensor to_torch(const TensorView& view, const std::string& source);

/// Writes named tensors (any device, any strides) to a file, atomically.
void write_tensors(const fs::path& path, const Parameters& tensors, const StringMap& metadata = {});

/// Copies stored values into tensors of the same names, in place. Throws InputError naming the file and the tensor
/// where one is missing, has another shape or element type, or the file holds one more.
void read_tensors(const fs::path& path, const Parameters& tensors);

}  // namespace sensorium
