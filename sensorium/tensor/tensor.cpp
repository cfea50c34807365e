#include "sensorium/tensor/tensor.h"

#include "sensorium/base/checked.h"
#include "sensorium/base/error.h"
#include "sensorium/tensor/packed.h"
#include "sensorium/tensor/runtime.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace sensorium::rt {
namespace {

/// [batch, rows, columns] -> [batch, columns, rows].
void transpose(const float* in, float* out, int64_t batch, int64_t rows, int64_t columns) {
  constexpr int64_t kTile = 16;
  parallel_ranges(batch, row_grain(rows * columns), [&](int64_t first, int64_t last) {
    for (int64_t b = first; b < last; ++b) {
      const float* from = in + b * rows * columns;
      float* to = out + b * rows * columns;
      for (int64_t r0 = 0; r0 < rows; r0 += kTile)
        for (int64_t c0 = 0; c0 < columns; c0 += kTile)
          for (int64_t c = c0; c < std::min(columns, c0 + kTile); ++c)
            for (int64_t r = r0; r < std::min(rows, r0 + kTile); ++r) to[c * rows + r] = from[r * columns + c];
    }
  });
}

/// Pixels as the values that they stand for.
void look_up_all(const Tensor& x, float* out) {
  const int64_t plane = x.size(2) * x.size(3);
  parallel_ranges(x.size(0) * x.size(1), row_grain(plane), [&](int64_t first, int64_t last) {
    x.pixel_table().look_up_planes(x.pixels(), static_cast<size_t>(first), static_cast<size_t>(last),
                                   static_cast<size_t>(plane), out);
  });
}

}  // namespace

size_t dtype_size(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return 4;
    case DType::bf16:
      return 2;
    case DType::s8:
    case DType::u8:
      return 1;
  }
  SENSORIUM_ASSERT(false);
  return 0;
}

Shape::Shape(std::span<const int64_t> dims) : rank_(dims.size()) {
  if (dims.size() > kMaxRank)
    throw InputError("tensor", "expected at most {} dimensions, got {}", kMaxRank, dims.size());
  std::copy(dims.begin(), dims.end(), dims_.begin());
}

int64_t Shape::at(int i) const {
  const int rank = static_cast<int>(rank_);
  SENSORIUM_ASSERT(i >= -rank && i < rank);
  return dims_[static_cast<size_t>(i < 0 ? i + rank : i)];
}

int64_t Shape::numel() const {
  int64_t n = 1;
  for (int64_t d : *this) n *= d;
  return n;
}

bool Shape::operator==(const Shape& other) const {
  return std::equal(begin(), end(), other.begin(), other.end());
}

std::string Shape::text() const {
  return fmt::format("{}", vector());
}

Tensor Tensor::empty(const Shape& shape, DType dtype, Layout layout) {
  SENSORIUM_ASSERT(layout == Layout::row_major || shape.rank() == 4);
  const uint64_t n = checked_numel({shape.begin(), shape.rank()}, "tensor");
  Tensor t;
  t.data_ = pool_allocate(checked_mul(n, dtype_size(dtype), "tensor"));
  t.shape_ = shape;
  t.dtype_ = dtype;
  t.layout_ = layout;
  return t;
}

Tensor Tensor::full(const Shape& shape, float value) {
  Tensor t = empty(shape);
  std::fill_n(t.mutable_data(), t.numel(), value);
  return t;
}

Tensor Tensor::from_float(const float* data, const Shape& shape) {
  Tensor t = empty(shape);
  std::copy_n(data, t.numel(), t.mutable_data());
  return t;
}

Tensor Tensor::borrow(const float* data, const Shape& shape, std::shared_ptr<const void> keep_alive) {
  checked_mul(checked_numel({shape.begin(), shape.rank()}, "tensor"), sizeof(float), "tensor");
  SENSORIUM_ASSERT(reinterpret_cast<uintptr_t>(data) % alignof(float) == 0);
  Tensor t;
  auto owner = std::const_pointer_cast<void>(std::move(keep_alive));
  t.data_ = {std::move(owner), reinterpret_cast<std::byte*>(const_cast<float*>(data))};
  t.shape_ = shape;
  t.borrowed_ = true;
  return t;
}

Tensor Tensor::of_pixels(const uint8_t* bytes, const Shape& shape, const PixelTable& table,
                         std::shared_ptr<const void> keep_alive) {
  SENSORIUM_ASSERT(shape.rank() == 4 && shape[1] == static_cast<int64_t>(table.values.size()));
  checked_numel({shape.begin(), shape.rank()}, "tensor");
  Tensor t;
  auto owner = std::const_pointer_cast<void>(std::move(keep_alive));
  t.data_ = {std::move(owner), reinterpret_cast<std::byte*>(const_cast<uint8_t*>(bytes))};
  t.shape_ = shape;
  t.dtype_ = DType::u8;
  t.borrowed_ = true;
  t.pixel_table_ = &table;
  return t;
}

Tensor Tensor::of_packed(const Shape& shape, std::shared_ptr<const Packed> packed, int64_t first_row) {
  Tensor t;
  t.shape_ = shape;
  t.packed_ = std::move(packed);
  t.first_row_ = first_row;
  return t;
}

const float* Tensor::data() const {
  SENSORIUM_ASSERT(data_ != nullptr && dtype_ == DType::f32);
  return reinterpret_cast<const float*>(data_.get());
}

float* Tensor::mutable_data() {
  SENSORIUM_ASSERT(data_ != nullptr && dtype_ == DType::f32 && !borrowed_);
  return reinterpret_cast<float*>(data_.get());
}

const uint8_t* Tensor::pixels() const {
  SENSORIUM_ASSERT(data_ != nullptr && dtype_ == DType::u8);
  return reinterpret_cast<const uint8_t*>(data_.get());
}

std::vector<float> Tensor::to_float() const {
  if (data_ == nullptr && packed_ != nullptr) return unpack(*packed_, first_row_, shape_[0]);
  const Tensor plain = to_f32().row_major();
  return {plain.data(), plain.data() + plain.numel()};
}

Tensor Tensor::to_f32() const {
  if (dtype_ == DType::f32) return *this;
  Tensor t = empty(shape_, DType::f32, layout_);
  if (dtype_ == DType::u8) {
    look_up_all(*this, t.mutable_data());
    return t;
  }
  SENSORIUM_ASSERT(dtype_ == DType::bf16);
  const auto* from = reinterpret_cast<const uint16_t*>(data_.get());
  float* to = t.mutable_data();
  parallel_ranges(numel(), 16384, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) to[i] = std::bit_cast<float>(uint32_t{from[i]} << 16);
  });
  return t;
}

Tensor Tensor::clone() const {
  Tensor t = empty(shape_, dtype_, layout_);
  t.pixel_table_ = pixel_table_;
  std::memcpy(t.data_.get(), data_.get(), static_cast<size_t>(numel()) * dtype_size(dtype_));
  return t;
}

Tensor Tensor::row_major() const {
  if (layout_ == Layout::row_major) return *this;
  Tensor t = empty(shape_);
  transpose(data(), t.mutable_data(), shape_[0], shape_[2] * shape_[3], shape_[1]);
  return t;
}

Tensor Tensor::channels_last() const {
  if (layout_ == Layout::channels_last) return *this;
  Tensor t = empty(shape_, dtype_, Layout::channels_last);
  transpose(data(), t.mutable_data(), shape_[0], shape_[1], shape_[2] * shape_[3]);
  return t;
}

Tensor Tensor::reshape(const Shape& shape) const {
  SENSORIUM_ASSERT(layout_ == Layout::row_major && shape.numel() == numel());
  Tensor t = *this;
  t.shape_ = shape;
  t.packed_ = nullptr;
  return t;
}

Tensor Tensor::as_positions() const {
  SENSORIUM_ASSERT(layout_ == Layout::channels_last);
  Tensor t = *this;
  t.layout_ = Layout::row_major;
  t.shape_ = {shape_[0], shape_[2] * shape_[3], shape_[1]};
  t.packed_ = nullptr;
  return t;
}

Tensor Tensor::slice(int64_t first, int64_t last) const {
  SENSORIUM_ASSERT(layout_ == Layout::row_major && rank() > 0 && 0 <= first && first <= last && last <= shape_[0]);
  Tensor t = *this;
  const int64_t row = shape_[0] == 0 ? 0 : numel() / shape_[0];
  t.shape_[0] = last - first;
  t.packed_ = nullptr;
  t.data_ = {data_, data_.get() + static_cast<size_t>(first * row) * dtype_size(dtype_)};
  return t;
}

}  // namespace sensorium::rt
