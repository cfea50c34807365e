#include "sensorium/io/sound_summary.h"

#include "sensorium/io/mel.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sensorium {
namespace {

constexpr int kRate = 16000, kHop = 160, kBands = 40, kQuarters = 4, kOctaves = 9;
constexpr double kFrames_per_second = static_cast<double>(kRate) / kHop;
constexpr double kQuiet_db = 40, kSilent_db = 60;
constexpr double kSeconds = 10;  // of a file

/// Of frames [first, last) and one band.
struct Spread {
  double mean = 0, deviation = 0;
};

Spread spread_of(const std::vector<double>& values) {
  if (values.empty()) return {};
  double sum = 0, squares = 0;
  for (const double v : values) sum += v;
  const double mean = sum / static_cast<double>(values.size());
  for (const double v : values) squares += (v - mean) * (v - mean);
  return {mean, std::sqrt(squares / static_cast<double>(values.size()))};
}

std::vector<double> band_values(const MelFrames& mel, int64_t band, int64_t first, int64_t last) {
  std::vector<double> values;
  for (int64_t t = first; t < last; ++t)
    values.push_back(static_cast<double>(mel.values[static_cast<size_t>(t * mel.bands + band)]));
  return values;
}

/// Decibels of each frame's whole power, below the loudest.
std::vector<double> loudness_of(const MelFrames& power) {
  std::vector<double> loudness;
  for (int64_t t = 0; t < power.frames; ++t) {
    double sum = 0;
    for (int64_t b = 0; b < power.bands; ++b)
      sum += static_cast<double>(power.values[static_cast<size_t>(t * power.bands + b)]);
    loudness.push_back(10 * std::log10(std::max(sum, 1e-10)));
  }
  const double most = *std::max_element(loudness.begin(), loudness.end());
  for (double& v : loudness) v = std::max(v - most, -2 * kSilent_db);
  return loudness;
}

/// The frames between the first and the last that are loud.
std::pair<int64_t, int64_t> loud_part(const std::vector<double>& loudness) {
  const auto loud = [](double v) { return v >= -kQuiet_db; };
  const auto first = std::find_if(loudness.begin(), loudness.end(), loud) - loudness.begin();
  const auto last = loudness.rend() - std::find_if(loudness.rbegin(), loudness.rend(), loud);
  return {first, last};
}

void add_deciles(std::vector<double> values, std::vector<float>& out) {
  std::sort(values.begin(), values.end());
  for (size_t d = 0; d <= 10; ++d) out.push_back(static_cast<float>(values[d * (values.size() - 1) / 10]));
}

void add_rises(const std::vector<double>& loudness, std::vector<float>& out) {
  double sum = 0, most = 0;
  std::vector<double> above(3, 0);
  for (size_t t = 1; t < loudness.size(); ++t) {
    const double rise = std::max(0.0, loudness[t] - loudness[t - 1]);
    sum += rise;
    most = std::max(most, rise);
    for (size_t k = 0; k < above.size(); ++k) above[k] += rise >= 3.0 * static_cast<double>(1 << k) ? 1 : 0;
  }
  const double n = std::max(1.0, static_cast<double>(loudness.size()) - 1);
  for (const double a : above) out.push_back(static_cast<float>(a / n));
  out.push_back(static_cast<float>(sum / n));
  out.push_back(static_cast<float>(most));
}

/// Octave k holds modulations of 50 / 2^(k+1) to 50 / 2^k Hz.
void add_modulation(const std::vector<double>& centred, std::vector<float>& out) {
  const size_t n = centred.size();
  std::vector<double> power(kOctaves, 0);
  for (size_t f = 1; 2 * f <= n; ++f) {
    const double step = 2 * std::numbers::pi * static_cast<double>(f) / static_cast<double>(n);
    double real = 0, imaginary = 0;
    for (size_t t = 0; t < n; ++t) {
      real += centred[t] * std::cos(step * static_cast<double>(t));
      imaginary += centred[t] * std::sin(step * static_cast<double>(t));
    }
    const double hertz = kFrames_per_second * static_cast<double>(f) / static_cast<double>(n);
    const int octave = std::clamp(static_cast<int>(std::log2(kFrames_per_second / 2 / hertz)), 0, kOctaves - 1);
    power[static_cast<size_t>(octave)] += real * real + imaginary * imaginary;
  }
  double sum = 0;
  for (const double p : power) sum += p;
  for (const double p : power) out.push_back(static_cast<float>(sum > 0 ? p / sum : 0));
}

void add_periods(const std::vector<double>& centred, std::vector<float>& out) {
  const auto product = [&](size_t lag) {
    double sum = 0;
    for (size_t t = lag; t < centred.size(); ++t) sum += centred[t] * centred[t - lag];
    return sum;
  };
  const double whole = product(0);
  for (int k = 0; k < 4; ++k) {
    double most = 0;
    const auto first = static_cast<size_t>(0.1 * (1 << k) * kFrames_per_second);
    for (size_t lag = first; lag < 2 * first; ++lag) most = std::max(most, product(lag));
    out.push_back(static_cast<float>(whole > 0 ? most / whole : 0));
  }
}

std::vector<float> rhythm_of(const std::vector<double>& loudness) {
  std::vector<float> out;
  add_deciles(loudness, out);
  const Spread spread = spread_of(loudness);
  out.push_back(static_cast<float>(spread.deviation));
  const auto silent = std::count_if(loudness.begin(), loudness.end(), [](double v) { return v < -kSilent_db; });
  out.push_back(static_cast<float>(silent) / static_cast<float>(loudness.size()));
  add_rises(loudness, out);
  std::vector<double> centred = loudness;
  for (double& v : centred) v -= spread.mean;
  add_modulation(centred, out);
  add_periods(centred, out);
  return out;
}

}  // namespace

SoundSummary summarise_sound(const Sound& sound) {
  MelFrames mel = mel_spectrogram(resample(sound, kRate), {kRate, 512, 400, kHop, kBands, 20, 7600, MelScale::slaney});
  const std::vector<double> loudness = loudness_of(mel);
  const auto [first, last] = loud_part(loudness);
  to_decibels(mel);
  SoundSummary out;
  std::vector<float> deviations;
  out.course.resize(static_cast<size_t>(kQuarters * kBands));
  for (int64_t b = 0; b < kBands; ++b) {
    const Spread all = spread_of(band_values(mel, b, first, last));
    out.spectrum.push_back(static_cast<float>(all.mean));
    deviations.push_back(static_cast<float>(all.deviation));
    for (int64_t q = 0; q < kQuarters; ++q) {
      const int64_t from = first + (last - first) * q / kQuarters;
      const int64_t to = std::max(from + 1, first + (last - first) * (q + 1) / kQuarters);
      out.course[static_cast<size_t>(q * kBands + b)] =
          static_cast<float>(spread_of(band_values(mel, b, from, to)).mean);
    }
  }
  out.spectrum.insert(out.spectrum.end(), deviations.begin(), deviations.end());
  out.rhythm = rhythm_of(loudness);
  return out;
}

std::vector<float> sound_features(const fs::path& file) {
  SoundSummary summary = summarise_sound(read_sound(file, kSeconds));
  std::vector<float> all = std::move(summary.spectrum);
  all.insert(all.end(), summary.course.begin(), summary.course.end());
  all.insert(all.end(), summary.rhythm.begin(), summary.rhythm.end());
  return all;
}

}  // namespace sensorium
