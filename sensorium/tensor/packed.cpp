#include "sensorium/tensor/packed.h"

#include "sensorium/tensor/runtime.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

namespace sensorium::rt {
namespace {

/// A row of weights, times `inverse`, as bytes whose sum is the row's, rounded: the values that lie nearest to the
/// middle between two bytes, as few as it takes, are rounded the other way. What layers read often has a mean far from
/// 0 (pixels, what ReLU lets through), and the sum of a row's errors would be multiplied with it.
void row_to_bytes(const float* row, int64_t n, float inverse, signed char* bytes) {
  std::vector<std::pair<float, int64_t>> errors(static_cast<size_t>(n));
  double left = 0;
  for (int64_t i = 0; i < n; ++i) {
    const float value = row[i] * inverse;
    const auto rounded = std::lrint(value);
    bytes[i] = static_cast<signed char>(rounded);
    errors[static_cast<size_t>(i)] = {value - static_cast<float>(rounded), i};
    left += double{errors[static_cast<size_t>(i)].first};
  }
  const int step = left > 0 ? 1 : -1;
  const auto chosen = errors.begin() + (std::isfinite(left) ? std::lrint(std::abs(left)) : 0);
  std::partial_sort(errors.begin(), chosen, errors.end(), [&](const auto& a, const auto& b) {
    return static_cast<float>(step) * a.first > static_cast<float>(step) * b.first;
  });
  for (auto e = errors.begin(); e != chosen; ++e)
    bytes[e->second] = static_cast<signed char>(std::clamp(bytes[e->second] + step, -127, 127));
}

/// A row of weights as words; the scale of int8 is 1 elsewhere.
float row_to_words(const float* row, int64_t n, Precision precision, Word* words) {
  if (precision == Precision::fp32) {
    std::memcpy(words, row, static_cast<size_t>(n) * sizeof(float));
    return 1;
  }
  if (precision == Precision::bf16) {
    kernels().to_bf16(row, words, n);
    return 1;
  }
  float largest = 0;
  for (int64_t i = 0; i < n; ++i) largest = std::max(largest, std::abs(row[i]));
  const float scale = largest / 127, inverse = largest > 0 ? 127 / largest : 0;
  auto* bytes = reinterpret_cast<signed char*>(words);
  row_to_bytes(row, n, inverse, bytes);
  for (int64_t i = n; i < 4 * words_of(n, precision); ++i) bytes[i] = 0;
  return scale;
}

}  // namespace

std::shared_ptr<Packed> pack(const float* weight, int64_t out, int64_t in, Precision precision) {
  auto packed = std::make_shared<Packed>();
  packed->precision = precision;
  packed->out = out;
  packed->in = in;
  const int64_t words = packed->words(), panels = packed->panel_count();
  const size_t matrix = static_cast<size_t>(panels * words * kPanel) * sizeof(Word);
  const auto storage = pool_allocate(matrix + static_cast<size_t>(2 * out) * sizeof(float));
  auto* to = reinterpret_cast<Word*>(storage.get());
  auto* scales = reinterpret_cast<float*>(storage.get() + matrix);
  packed->storage = storage;
  packed->panels = to;
  if (precision == Precision::int8) {
    packed->scales = scales;
    packed->sums = scales + out;
  }
  parallel_ranges(panels, 1, [&](int64_t panel, int64_t) {
    const int64_t first = panel * kPanel, rows = std::min(kPanel, out - first);
    const auto scratch = pool_allocate(static_cast<size_t>(kPanel * words) * sizeof(Word));
    auto* lines = reinterpret_cast<Word*>(scratch.get());
    for (int64_t r = 0; r < rows; ++r) {
      const float scale = row_to_words(weight + (first + r) * in, in, precision, lines + r * words);
      if (precision != Precision::int8) continue;
      const auto* bytes = reinterpret_cast<const signed char*>(lines + r * words);
      int64_t sum = 0;
      for (int64_t i = 0; i < in; ++i) sum += bytes[i];
      scales[first + r] = scale;
      scales[out + first + r] = scale * static_cast<float>(sum);
    }
    kernels().turn(lines, words, rows, words, to + panel * words * kPanel);
  });
  return packed;
}

std::vector<float> unpack(const Packed& p, int64_t first, int64_t rows) {
  std::vector<float> values(static_cast<size_t>(rows * p.in));
  const int64_t each = per_word(p.precision), words = p.words();
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t row = first + r;
    const Word* column = p.panels + row / kPanel * words * kPanel + row % kPanel;
    for (int64_t i = 0; i < p.in; ++i) {
      const Word word = column[i / each * kPanel];
      float& value = values[static_cast<size_t>(r * p.in + i)];
      if (p.precision == Precision::fp32)
        value = std::bit_cast<float>(uint32_t{word});
      else if (p.precision == Precision::bf16)
        value = std::bit_cast<float>(i % 2 == 0 ? uint32_t{word} << 16 : word & 0xffff0000u);
      else
        value = p.scales[row] * static_cast<float>(static_cast<int8_t>(word >> (8 * (i % 4))));
    }
  }
  return values;
}

}  // namespace sensorium::rt
