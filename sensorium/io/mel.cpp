#include "sensorium/io/mel.h"

#include "sensorium/base/error.h"

#include <kissfft.hh>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sensorium {
namespace {

constexpr int kLargest = 1 << 16;
constexpr double kFloor = 1e-10, kRange_db = 80;
// Slaney's scale: 3 mel for each 200 Hz up to 1000 Hz, then 27 for each factor of 6.4.
constexpr double kLinear_hz = 200.0 / 3, kCorner_hz = 1000, kCorner_mel = kCorner_hz / kLinear_hz;
const double kStep = std::log(6.4) / 27;

double to_mel(double hz, MelScale scale) {
  if (scale == MelScale::htk) return 2595 * std::log10(1 + hz / 700);
  return hz < kCorner_hz ? hz / kLinear_hz : kCorner_mel + std::log(hz / kCorner_hz) / kStep;
}

double to_hz(double mel, MelScale scale) {
  if (scale == MelScale::htk) return 700 * (std::pow(10, mel / 2595) - 1);
  return mel < kCorner_mel ? mel * kLinear_hz : kCorner_hz * std::exp(kStep * (mel - kCorner_mel));
}

void check(const MelOptions& o) {
  if (o.rate < 1 || o.fft < 2 || o.fft % 2 != 0 || o.fft > kLargest || o.window < 1 || o.window > o.fft || o.hop < 1 ||
      o.bands < 1 || o.bands > o.fft || !(o.low >= 0 && o.low < o.high && o.high <= o.rate / 2.0))
    throw UsageError("mel",
                     "expected an even transform of at most {}, a window of 1 to its length, a hop and bands of at "
                     "least 1, and 0 <= low < high <= half the rate, got {}, {}, {}, {}, {} and {}",
                     kLargest, o.fft, o.window, o.hop, o.bands, o.low, o.high);
}

/// Hann, periodic, in the middle of a transform.
std::vector<double> hann(const MelOptions& o) {
  std::vector<double> window(static_cast<size_t>(o.fft), 0);
  const int start = (o.fft - o.window) / 2;
  for (int i = 0; i < o.window; ++i)
    window[static_cast<size_t>(start + i)] = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * i / o.window);
  return window;
}

}  // namespace

std::vector<double> mel_filters(const MelOptions& o) {
  check(o);
  const double low = to_mel(o.low, o.scale), high = to_mel(o.high, o.scale);
  std::vector<double> points(static_cast<size_t>(o.bands) + 2);
  for (size_t i = 0; i < points.size(); ++i)
    points[i] = to_hz(low + (high - low) * static_cast<double>(i) / static_cast<double>(o.bands + 1), o.scale);
  const size_t bins = static_cast<size_t>(o.fft) / 2 + 1;
  std::vector<double> filters(static_cast<size_t>(o.bands) * bins);
  for (size_t b = 0; b < static_cast<size_t>(o.bands); ++b)
    for (size_t k = 0; k < bins; ++k) {
      const double f = static_cast<double>(k) * o.rate / o.fft;
      const double rising = (f - points[b]) / (points[b + 1] - points[b]);
      const double falling = (points[b + 2] - f) / (points[b + 2] - points[b + 1]);
      filters[b * bins + k] = std::max(0.0, std::min(rising, falling)) * 2 / (points[b + 2] - points[b]);
    }
  return filters;
}

MelFrames mel_spectrogram(const Sound& sound, const MelOptions& o) {
  if (sound.rate != o.rate)
    throw UsageError("mel", "expected a sound of {} samples a second, got {}", o.rate, sound.rate);
  const std::vector<double> filters = mel_filters(o), window = hann(o);
  const auto n = static_cast<int64_t>(sound.samples.size());
  const size_t bins = static_cast<size_t>(o.fft) / 2 + 1, bands = static_cast<size_t>(o.bands);
  const kissfft<double> transform(static_cast<size_t>(o.fft), false);
  std::vector<std::complex<double>> in(static_cast<size_t>(o.fft)), out(static_cast<size_t>(o.fft));
  std::vector<double> power(bins);
  MelFrames mel{1 + n / o.hop, o.bands, {}};
  mel.values.reserve(static_cast<size_t>(mel.frames) * bands);
  for (int64_t t = 0; t < mel.frames; ++t) {
    const int64_t first = t * o.hop - o.fft / 2;
    for (int64_t i = 0; i < o.fft; ++i) {
      const bool inside = first + i >= 0 && first + i < n;
      in[static_cast<size_t>(i)] =
          inside ? window[static_cast<size_t>(i)] * static_cast<double>(sound.samples[static_cast<size_t>(first + i)])
                 : 0.0;
    }
    transform.transform(in.data(), out.data());
    for (size_t k = 0; k < bins; ++k) power[k] = std::norm(out[k]);
    for (size_t b = 0; b < bands; ++b) {
      double sum = 0;
      for (size_t k = 0; k < bins; ++k) sum += filters[b * bins + k] * power[k];
      mel.values.push_back(static_cast<float>(sum));
    }
  }
  return mel;
}

void to_decibels(MelFrames& frames) {
  double largest = -1e300;
  for (float& v : frames.values) {
    const double db = 10 * std::log10(std::max(kFloor, static_cast<double>(v)));
    largest = std::max(largest, db);
    v = static_cast<float>(db);
  }
  for (float& v : frames.values) v = std::max(v, static_cast<float>(largest - kRange_db));
}

}  // namespace sensorium
