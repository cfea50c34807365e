// Definitions of the kernels, for the instruction set that the including source is compiled for (SENSORIUM_KERNELS and
// SENSORIUM_KERNELS_NAME).

#include "sensorium/io/resize_kernels.h"

#include <algorithm>
#include <cstring>

namespace sensorium::resize_detail {
namespace {

void weigh(const uint8_t* in, size_t step, const int32_t* weights, int taps, uint8_t* out, int lanes) {
  int32_t sums[kLanes];
  for (int i = 0; i < kLanes; ++i) sums[i] = 1 << (kBits - 1);
  if (lanes == kLanes) {
    for (int t = 0; t < taps; ++t, in += step)
      for (int i = 0; i < kLanes; ++i) sums[i] += in[i] * weights[t];
  } else {
    for (int t = 0; t < taps; ++t, in += step)
      for (int i = 0; i < lanes; ++i) sums[i] += in[i] * weights[t];
  }
  uint8_t clipped[kLanes];
  for (int i = 0; i < kLanes; ++i) clipped[i] = static_cast<uint8_t>(std::clamp(sums[i] >> kBits, 0, 255));
  std::memcpy(out, clipped, static_cast<size_t>(lanes));
}

void weigh_float(const float* in, size_t step, const double* weights, int taps, float* out, int lanes) {
  double sums[kLanes] = {};
  if (lanes == kLanes) {
    for (int t = 0; t < taps; ++t, in += step)
      for (int i = 0; i < kLanes; ++i) sums[i] += static_cast<double>(in[i]) * weights[t];
  } else {
    for (int t = 0; t < taps; ++t, in += step)
      for (int i = 0; i < lanes; ++i) sums[i] += static_cast<double>(in[i]) * weights[t];
  }
  for (int i = 0; i < lanes; ++i) out[i] = static_cast<float>(sums[i]);
}

constexpr int kBlock = 16;  // side of the squares of bytes that are turned in registers
using Bytes = uint8_t __attribute__((vector_size(kBlock)));

Bytes low_halves(Bytes a, Bytes b) {
  return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

Bytes high_halves(Bytes a, Bytes b) {
  return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/// Interleaving rows i and i + 8 four times makes rows of columns.
void turn(Bytes (&block)[kBlock]) {
  Bytes other[kBlock];
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < kBlock / 2; ++i) {
      other[2 * i] = low_halves(block[i], block[i + 8]);
      other[2 * i + 1] = high_halves(block[i], block[i + 8]);
    }
    for (int i = 0; i < kBlock / 2; ++i) {
      block[2 * i] = low_halves(other[i], other[i + 8]);
      block[2 * i + 1] = high_halves(other[i], other[i + 8]);
    }
  }
}

void gather(const uint8_t* in, size_t stride, size_t columns, int rows, uint8_t* out) {
  const uint8_t* row[kLanes];
  for (int r = 0; r < kLanes; ++r) row[r] = in + stride * static_cast<size_t>(std::min(r, rows - 1));
  size_t c = 0;
  for (; c + kBlock <= columns; c += kBlock)
    for (int r = 0; r < kLanes; r += kBlock) {
      Bytes block[kBlock];
      for (int i = 0; i < kBlock; ++i) std::memcpy(&block[i], row[r + i] + c, kBlock);
      turn(block);
      for (int i = 0; i < kBlock; ++i) std::memcpy(out + (c + static_cast<size_t>(i)) * kLanes + r, &block[i], kBlock);
    }
  for (; c < columns; ++c)
    for (int r = 0; r < kLanes; ++r) out[c * kLanes + static_cast<size_t>(r)] = row[r][c];
}

void scatter(const uint8_t* in, size_t columns, int rows, uint8_t* out, size_t stride) {
  size_t c = 0;
  for (; c + kBlock <= columns; c += kBlock)
    for (int r = 0; r < rows; r += kBlock) {
      Bytes block[kBlock];
      for (int i = 0; i < kBlock; ++i) std::memcpy(&block[i], in + (c + static_cast<size_t>(i)) * kLanes + r, kBlock);
      turn(block);
      for (int i = 0; i < std::min(kBlock, rows - r); ++i)
        std::memcpy(out + static_cast<size_t>(r + i) * stride + c, &block[i], kBlock);
    }
  for (; c < columns; ++c)
    for (int r = 0; r < rows; ++r) out[static_cast<size_t>(r) * stride + c] = in[c * kLanes + static_cast<size_t>(r)];
}

}  // namespace

const Kernels SENSORIUM_KERNELS = {SENSORIUM_KERNELS_NAME, weigh, weigh_float, gather, scatter};

}  // namespace sensorium::resize_detail
