#pragma once
// The safetensors format (huggingface/safetensors, "Format"): a JSON header with each tensor's type, shape and place,
// then the bytes. Files are mapped, not read; every bound in the header is checked before a view is given out.

#include "sensorium/base/file.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sensorium {

/// Element types, in the order the reference implementation sorts tensors by (last first).
enum class SafeDType {
  BOOL,
  U8,
  I8,
  F8_E5M2,
  F8_E4M3,
  F8_E8M0,
  I16,
  U16,
  F16,
  BF16,
  I32,
  U32,
  F32,
  C64,
  F64,
  I64,
  U64
};

/// "F32", "BF16", ...
std::string_view dtype_name(SafeDType dtype);
/// Bytes of one element.
size_t dtype_size(SafeDType dtype);

/// A tensor that someone else holds. `data` is row-major, little-endian, and aligned only as the file left it.
struct TensorView {
  SafeDType dtype = SafeDType::F32;
  std::vector<int64_t> shape;
  std::span<const std::byte> data;

  /// Number of elements.
  size_t numel() const { return data.size() / dtype_size(dtype); }
  /// A float32 view of `data`, which must hold the product of `shape` elements.
  static TensorView of(const float* data, std::vector<int64_t> shape);
};

/// Tensors by name, in an order of the caller's choice.
using NamedTensors = std::vector<std::pair<std::string, TensorView>>;
using StringMap = std::map<std::string, std::string>;

/// A mapped safetensors file. Views live as long as it does. Movable; thread-safe to read.
class SafetensorsFile {
 public:
  /// Throws InputError naming the file for: an unreadable or truncated file, a header above 100 MB or that is not the
  /// JSON the format describes, repeated names, unknown types, shapes that disagree with their bytes or overflow,
  /// offsets that are out of range, overlap or leave holes.
  explicit SafetensorsFile(const fs::path& path);
  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  /// Throws InputError naming the file and the tensor when there is none of that name.
  const TensorView& at(const std::string& name) const;
  /// `__metadata__`, empty when absent.
  const StringMap& metadata() const { return metadata_; }
  const fs::path& path() const { return file_.path(); }

 private:
  MappedFile file_;
  std::map<std::string, TensorView> tensors_;
  StringMap metadata_;
};

/// Writes a file atomically: header padded with spaces so that data starts at a multiple of 8, tensors sorted by type
/// (widest first), then by name, as the reference does. Throws UsageError for a repeated or reserved name or a shape
/// that disagrees with its bytes, EnvironmentError when writing fails.
void write_safetensors(const fs::path& path, const NamedTensors& tensors, const StringMap& metadata = {});

/// Converts all elements to float32, rounding to nearest even; `out` holds numel() floats. From F64, F32, F16, BF16,
/// the integers and BOOL; other types throw InputError. Thread-safe.
void to_float32(const TensorView& tensor, float* out);

/// The same into a new vector.
std::vector<float> to_float32(const TensorView& tensor);

/// Converts n floats to F32, F16 or BF16, rounding to nearest even; `out` holds n elements. Other types are a
/// UsageError. Thread-safe.
void from_float32(const float* in, size_t n, SafeDType dtype, std::byte* out);

}  // namespace sensorium
