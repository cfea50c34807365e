#include "sensorium/base/error.h"
#include "sensorium/io/sound.h"

#include <cmath>
#include <numbers>
#include <numeric>

namespace sensorium {
namespace {

constexpr double kKaiserBeta = 5;
constexpr int kRateLimit = 1'000'000;

/// 2 half + 1 taps; their sum is `gain`.
std::vector<double> low_pass(int64_t half, double cutoff, double gain) {
  std::vector<double> taps(static_cast<size_t>(2 * half + 1));
  double sum = 0;
  for (int64_t i = -half; i <= half; ++i) {
    const double x = std::numbers::pi * cutoff * static_cast<double>(i);
    const double place = static_cast<double>(i) / static_cast<double>(half);
    const double window = std::cyl_bessel_i(0, kKaiserBeta * std::sqrt(std::max(0.0, 1 - place * place)));
    double& tap = taps[static_cast<size_t>(i + half)];
    tap = (i == 0 ? 1 : std::sin(x) / x) * window;  // factors that are the same everywhere leave with the sum
    sum += tap;
  }
  for (double& tap : taps) tap *= gain / sum;
  return taps;
}

}  // namespace

Sound resample(const Sound& sound, int rate) {
  if (rate < 1 || rate > kRateLimit || sound.rate < 1)
    throw UsageError("resample", "expected rates from 1 to {}, got {} to {}", kRateLimit, sound.rate, rate);
  const int64_t common = std::gcd(sound.rate, rate), up = rate / common, down = sound.rate / common;
  if (up == down) return sound;
  const int64_t half = 10 * std::max(up, down), n = static_cast<int64_t>(sound.samples.size());
  const std::vector<double> taps = low_pass(half, 1 / static_cast<double>(std::max(up, down)), static_cast<double>(up));
  Sound out{rate, std::vector<float>(static_cast<size_t>((n * up + down - 1) / down))};
  for (size_t k = 0; k < out.samples.size(); ++k) {
    // Sample i of the input lies at i up, the output's at k down, both on the finer grid.
    const int64_t centre = static_cast<int64_t>(k) * down;
    const int64_t first = std::max<int64_t>(0, (centre - half + up - 1) / up);
    const int64_t last = std::min(n - 1, (centre + half) / up);
    double sum = 0;
    for (int64_t i = first; i <= last; ++i)
      sum += static_cast<double>(sound.samples[static_cast<size_t>(i)]) *
             taps[static_cast<size_t>(centre - i * up + half)];
    out.samples[k] = static_cast<float>(sum);
  }
  return out;
}

}  // namespace sensorium
