#pragma once
// The same work by one oneDNN primitive, with every layout free: the best that library does alone.

#include "sensorium/tensor/precision.h"

#include <cstdint>
#include <functional>

namespace sensorium::bench {

/// [m, k] x [k, n] + bias. The result runs it once.
std::function<void()> onednn_matmul(int64_t m, int64_t n, int64_t k, Precision precision = Precision::fp32);

/// Softmax attention on [batch, heads, tokens, width]: two batched products and a softmax.
std::function<void()> onednn_attention(int64_t batch, int64_t heads, int64_t tokens, int64_t width);

/// Square convolution with bias.
std::function<void()> onednn_convolution(int64_t batch, int64_t in, int64_t side, int64_t out, int64_t kernel,
                                         int64_t stride, int64_t padding);

}  // namespace sensorium::bench
