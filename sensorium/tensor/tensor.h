#pragma once
// rt::Tensor: the lean runtime's array. A small value: a shape, an element type and a counted reference to memory.

#include "sensorium/tensor/pixel_table.h"
#include "sensorium/tensor/pool.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace sensorium::rt {

/// Element types. A model's source never names one: ops give back what they were given. u8 are pixels.
enum class DType : uint8_t { f32, bf16, s8, u8 };
/// Bytes of one element.
size_t dtype_size(DType dtype);

/// How [B,C,H,W] lies in memory. Convolutions give channels_last; every op takes both.
enum class Layout : uint8_t { row_major, channels_last };

/// Up to six dimensions, held inline so that a tensor's making allocates nothing but its elements.
class Shape {
 public:
  static constexpr size_t kMaxRank = 6;
  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : Shape(std::span(dims.begin(), dims.size())) {}
  Shape(const std::vector<int64_t>& dims) : Shape(std::span(dims)) {}
  explicit Shape(std::span<const int64_t> dims);
  size_t rank() const { return rank_; }
  int64_t operator[](size_t i) const { return dims_[i]; }
  int64_t& operator[](size_t i) { return dims_[i]; }
  /// Negative counts from the end.
  int64_t at(int i) const;
  /// Product of all dimensions, 1 for rank 0.
  int64_t numel() const;
  const int64_t* begin() const { return dims_.data(); }
  const int64_t* end() const { return dims_.data() + rank_; }
  std::vector<int64_t> vector() const { return {begin(), end()}; }
  bool operator==(const Shape& other) const;
  /// "[2, 3]"
  std::string text() const;

 private:
  std::array<int64_t, kMaxRank> dims_{};
  size_t rank_ = 0;
};

/// A weight in the form its kernels want, made by `prepare` in "sensorium/tensor/ops.h"; opaque elsewhere.
struct Packed;

/// An n-dimensional array. Copies share memory; `clone` does not. A default-made one is undefined. Reading one tensor
/// from several threads is safe, writing needs it alone.
class Tensor {
 public:
  Tensor() = default;

  /// Contents undefined. Dimensions must be at least 0.
  static Tensor empty(const Shape& shape, DType dtype = DType::f32, Layout layout = Layout::row_major);
  static Tensor full(const Shape& shape, float value);
  static Tensor zeros(const Shape& shape) { return full(shape, 0); }
  /// Copies shape.numel() floats.
  static Tensor from_float(const float* data, const Shape& shape);
  /// Refers to floats that `keep_alive` holds (a mapped file), without a copy: read-only. Any alignment of 4 does.
  static Tensor borrow(const float* data, const Shape& shape, std::shared_ptr<const void> keep_alive);
  /// Refers to pixels [B,3,H,W], each of which stands for what the table has for it, without a copy: read-only. Bytes
  /// and table are held by `keep_alive`, or outlive every tensor that shares them. `patch_embed`, `conv_norm` and views
  /// take it as it is, other ops its to_f32().
  static Tensor of_pixels(const uint8_t* bytes, const Shape& shape, const PixelTable& table,
                          std::shared_ptr<const void> keep_alive = nullptr);
  /// Only a shape [out, ...] and a packed weight, of which it is the rows from `first_row` on; has no data(), but
  /// to_float().
  static Tensor of_packed(const Shape& shape, std::shared_ptr<const Packed> packed, int64_t first_row = 0);

  bool defined() const { return data_ != nullptr || packed_ != nullptr; }
  const Shape& shape() const { return shape_; }
  size_t rank() const { return shape_.rank(); }
  /// Size of a dimension; negative counts from the end.
  int64_t size(int dimension) const { return shape_.at(dimension); }
  int64_t numel() const { return shape_.numel(); }
  DType dtype() const { return dtype_; }
  Layout layout() const { return layout_; }

  /// The elements in memory order. The type must be f32.
  const float* data() const;
  /// The same for writing; not for a borrowed tensor.
  float* mutable_data();

  /// The elements in memory order, and what they stand for. The type must be u8.
  const uint8_t* pixels() const;
  const PixelTable& pixel_table() const { return *pixel_table_; }

  /// The elements whatever their type; for writing not of a borrowed tensor.
  const void* raw() const { return data_.get(); }
  void* raw() { return data_.get(); }

  /// Itself where it is float32, else a copy that is.
  Tensor to_f32() const;
  /// All elements in row-major order, as float32; of a weight that is only packed, as rounded when it was.
  std::vector<float> to_float() const;
  /// A copy with its own memory.
  Tensor clone() const;
  /// Itself where it lies so, else a rearranged copy.
  Tensor row_major() const;
  Tensor channels_last() const;

  /// The same memory under another shape of as many elements. Row-major only.
  Tensor reshape(const Shape& shape) const;
  /// Channels-last [B,C,H,W] as [B, H*W, C], sharing memory.
  Tensor as_positions() const;
  /// Rows [first, last) of the first dimension, sharing memory. Row-major only.
  Tensor slice(int64_t first, int64_t last) const;

  const std::shared_ptr<const Packed>& packed() const { return packed_; }
  void set_packed(std::shared_ptr<const Packed> packed) { packed_ = std::move(packed); }

 private:
  std::shared_ptr<std::byte> data_;
  std::shared_ptr<const Packed> packed_;
  Shape shape_;
  DType dtype_ = DType::f32;
  Layout layout_ = Layout::row_major;
  bool borrowed_ = false;
  int64_t first_row_ = 0;  // of packed_
  const PixelTable* pixel_table_ = nullptr;
};

}  // namespace sensorium::rt
