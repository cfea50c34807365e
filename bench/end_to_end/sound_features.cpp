// Features of sounds that need no training: bench_sound_features LIST OUT.npy. A line of the list is a path or empty,
// which makes a row of NaN. A row holds the mean log-mel spectrum of each quarter of the sound's time (what is much
// quieter than its loudest moment at both ends left out), then the deviation over all of it.

#include "sensorium/base/error.h"
#include "sensorium/io/mel.h"
#include "sensorium/io/npy.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <limits>

using namespace sensorium;

namespace {

constexpr int kBands = 40, kQuarters = 4, kWidth = kBands * (kQuarters + 1);
constexpr float kQuiet_db = 40;  // below the loudest frame
constexpr double kSeconds = 10;

/// The frames between the first and the last that are loud.
std::pair<int64_t, int64_t> loud_part(const MelFrames& mel) {
  std::vector<float> loudness;
  for (int64_t t = 0; t < mel.frames; ++t) {
    const auto row = mel.values.begin() + t * mel.bands;
    loudness.push_back(*std::max_element(row, row + mel.bands));
  }
  const float limit = *std::max_element(loudness.begin(), loudness.end()) - kQuiet_db;
  const auto loud = [&](float v) { return v >= limit; };
  const auto first = std::find_if(loudness.begin(), loudness.end(), loud) - loudness.begin();
  const auto last = loudness.rend() - std::find_if(loudness.rbegin(), loudness.rend(), loud);
  return {first, last};
}

std::vector<float> features(const std::string& path) {
  if (path.empty()) return std::vector<float>(kWidth, std::numeric_limits<float>::quiet_NaN());
  MelFrames mel = mel_spectrogram(resample(read_sound(path, kSeconds), 16000),
                                  {16000, 512, 400, 160, kBands, 20, 7600, MelScale::slaney});
  to_decibels(mel);
  const auto [first, last] = loud_part(mel);
  std::vector<float> row(kWidth, 0);
  for (int64_t b = 0; b < kBands; ++b) {
    const auto value = [&](int64_t t) { return static_cast<double>(mel.values[static_cast<size_t>(t * kBands + b)]); };
    double all = 0, squares = 0;
    for (int64_t t = first; t < last; ++t) all += value(t), squares += value(t) * value(t);
    const auto n = static_cast<double>(last - first);
    for (int64_t q = 0; q < kQuarters; ++q) {
      const int64_t from = first + (last - first) * q / kQuarters;
      const int64_t to = std::max(from + 1, first + (last - first) * (q + 1) / kQuarters);
      double sum = 0;
      for (int64_t t = from; t < to; ++t) sum += value(t);
      row[static_cast<size_t>(q * kBands + b)] = static_cast<float>(sum / static_cast<double>(to - from));
    }
    row[static_cast<size_t>(kQuarters * kBands + b)] =
        static_cast<float>(std::sqrt(std::max(0.0, squares / n - all / n * all / n)));
  }
  return row;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: bench_sound_features LIST OUT.npy\n", stderr);
    return 2;
  }
  try {
    std::ifstream list(argv[1]);
    NpyWriter writer(argv[2], kWidth);
    for (std::string line; std::getline(list, line);) writer.write_rows(features(line));
    writer.commit();
  } catch (const Error& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return e.exit_code();
  }
  return 0;
}
