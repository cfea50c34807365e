#pragma once
// NumPy's array files (NEP 1, "A simple file format for NumPy arrays").

#include "sensorium/io/safetensors.h"

namespace sensorium {

/// Writes a (rows, columns) float32 matrix row by row, so that its size need not be known before. The file appears at
/// `commit()`, complete, or not at all. Not thread-safe.
class NpyWriter {
 public:
  /// Throws EnvironmentError when the folder is not writable.
  NpyWriter(const fs::path& path, size_t columns);
  /// Adds rows; the size must be a multiple of `columns`. Throws EnvironmentError on a full disk.
  void write_rows(std::span<const float> values);
  void commit();

 private:
  AtomicFile file_;
  size_t columns_;
  uint64_t values_ = 0;
};

/// A mapped .npy file as a tensor. Views live as long as it does.
class NpyFile {
 public:
  /// Throws InputError naming the file for anything but a row-major, little-endian array of floats, integers or bools
  /// whose size is that of its shape.
  explicit NpyFile(const fs::path& path);
  const TensorView& tensor() const { return tensor_; }

 private:
  MappedFile file_;
  TensorView tensor_;
};

}  // namespace sensorium
