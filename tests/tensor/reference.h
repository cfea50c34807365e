#pragma once
// Naive float64 references of the ops, and what the tests of this room share.

#include "sensorium/base/rng.h"
#include "sensorium/tensor/ops.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace sensorium::test {

using Values = std::vector<double>;

/// Standard normal float32 values, the same for the same seed.
inline rt::Tensor random_tensor(const rt::Shape& shape, uint64_t seed, double scale = 1, double shift = 0) {
  rt::Tensor t = rt::Tensor::empty(shape);
  CounterRng rng(seed);
  for (int64_t i = 0; i < t.numel(); ++i) t.mutable_data()[i] = static_cast<float>(rng.normal() * scale + shift);
  return t;
}

inline Values values(const rt::Tensor& t) {
  const auto v = t.to_float();
  return {v.begin(), v.end()};
}

/// Largest difference over the largest expected magnitude.
inline double error(const rt::Tensor& got, const Values& expected) {
  const auto v = got.to_float();
  if (v.size() != expected.size()) return HUGE_VAL;
  double most = 0, scale = 1e-30;
  for (size_t i = 0; i < v.size(); ++i) {
    if (!(std::abs(v[i] - expected[i]) <= most)) most = std::abs(v[i] - expected[i]);
    scale = std::max(scale, std::abs(expected[i]));
  }
  return most / scale;
}

/// What float32 may lose in a sum of n products, relative to the largest result: rounding errors add up like a random
/// walk (2^-24 each), with room for the steps before and after.
inline double tolerance(int64_t n) {
  return 0x1.0p-24 * (8 + 2 * std::sqrt(static_cast<double>(n)));
}

inline double reference_act(double x, Activation act) {
  switch (act) {
    case Activation::none:
      return x;
    case Activation::relu:
      return std::max(x, 0.0);
    case Activation::gelu:
      return 0.5 * x * std::erfc(-x / std::numbers::sqrt2);
    case Activation::quick_gelu:
      return x / (1 + std::exp(-1.702 * x));
    case Activation::gelu_tanh:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
    case Activation::tanh:
      return std::tanh(x);
  }
  return x;
}

/// act(x W^T + b); b may be empty.
inline Values reference_linear(const Values& x, const Values& w, const Values& b, size_t out, size_t in,
                               Activation act) {
  Values y;
  for (size_t row = 0; row < x.size() / in; ++row)
    for (size_t o = 0; o < out; ++o) {
      double sum = b.empty() ? 0 : b[o];
      for (size_t i = 0; i < in; ++i) sum += x[row * in + i] * w[o * in + i];
      y.push_back(reference_act(sum, act));
    }
  return y;
}

inline Values reference_layer_norm(const Values& x, const Values& w, const Values& b, double epsilon) {
  const size_t d = w.size();
  Values y;
  for (size_t row = 0; row < x.size() / d; ++row) {
    double mean = 0, square = 0;
    for (size_t i = 0; i < d; ++i) mean += x[row * d + i] / static_cast<double>(d);
    for (size_t i = 0; i < d; ++i) square += std::pow(x[row * d + i] - mean, 2) / static_cast<double>(d);
    for (size_t i = 0; i < d; ++i) y.push_back((x[row * d + i] - mean) / std::sqrt(square + epsilon) * w[i] + b[i]);
  }
  return y;
}

struct AttentionSizes {
  size_t batch, queries, keys, width, heads;
};

/// softmax(q k^T / sqrt(head)) v with masks; a query that sees no key weighs all equally.
inline Values reference_attention(const Values& q, const Values& k, const Values& v, const AttentionSizes& s,
                                  const AttentionMask& mask) {
  Values out(s.batch * s.queries * s.width);
  const size_t d = s.width / s.heads;
  for (size_t b = 0; b < s.batch; ++b)
    for (size_t h = 0; h < s.heads; ++h)
      for (size_t i = 0; i < s.queries; ++i) {
        Values p(s.keys, 0);
        double total = 0;
        for (size_t j = 0; j < s.keys; ++j) {
          if ((mask.causal && j > i) || (!mask.key_mask.empty() && mask.key_mask[b * s.keys + j] == 0)) continue;
          double dot = 0;
          for (size_t c = 0; c < d; ++c)
            dot += q[(b * s.queries + i) * s.width + h * d + c] * k[(b * s.keys + j) * s.width + h * d + c];
          total += p[j] = std::exp(dot / std::sqrt(static_cast<double>(d)));
        }
        for (size_t j = 0; j < s.keys; ++j)
          for (size_t c = 0; c < d; ++c)
            out[(b * s.queries + i) * s.width + h * d + c] +=
                (total > 0 ? p[j] / total : 1 / static_cast<double>(s.keys)) *
                v[(b * s.keys + j) * s.width + h * d + c];
      }
  return out;
}

struct ConvSizes {
  int64_t batch, in, height, width, out, kernel, stride, padding;
  int64_t rows() const { return (height + 2 * padding - kernel) / stride + 1; }
  int64_t columns() const { return (width + 2 * padding - kernel) / stride + 1; }
};

struct ConvLayer {
  Conv2d<rt::Tensor> conv;
  BatchNorm2d<rt::Tensor> norm;
};

inline ConvLayer random_conv_layer(const ConvSizes& s, bool bias = false) {
  ConvLayer l;
  l.conv.weight = random_tensor({s.out, s.in, s.kernel, s.kernel}, 1,
                                1 / std::sqrt(static_cast<double>(s.in)) / static_cast<double>(s.kernel));
  if (bias) l.conv.bias = random_tensor({s.out}, 2);
  l.conv.stride = static_cast<int>(s.stride);
  l.conv.padding = static_cast<int>(s.padding);
  l.norm = {random_tensor({s.out}, 3, 0.2, 1),
            random_tensor({s.out}, 4),
            random_tensor({s.out}, 5),
            random_tensor({s.out}, 6, 0.1, 1),
            1e-5f,
            false};
  return l;
}

/// Convolution without bias, [B, out, rows, columns].
inline Values reference_conv(const Values& x, const Values& w, const ConvSizes& s) {
  Values y;
  const auto at = [](const Values& v, int64_t i) { return v[static_cast<size_t>(i)]; };
  for (int64_t b = 0; b < s.batch; ++b)
    for (int64_t o = 0; o < s.out; ++o)
      for (int64_t r = 0; r < s.rows(); ++r)
        for (int64_t c = 0; c < s.columns(); ++c) {
          double sum = 0;
          for (int64_t i = 0; i < s.in; ++i)
            for (int64_t u = 0; u < s.kernel; ++u)
              for (int64_t v = 0; v < s.kernel; ++v) {
                const int64_t yy = r * s.stride + u - s.padding, xx = c * s.stride + v - s.padding;
                if (yy < 0 || xx < 0 || yy >= s.height || xx >= s.width) continue;
                sum += at(x, ((b * s.in + i) * s.height + yy) * s.width + xx) *
                       at(w, ((o * s.in + i) * s.kernel + u) * s.kernel + v);
              }
          y.push_back(sum);
        }
  return y;
}

}  // namespace sensorium::test
