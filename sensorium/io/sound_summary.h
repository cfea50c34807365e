#pragma once
// A sound of any length as a few numbers that say nothing of where in it things are, for classifiers without training.

#include "sensorium/io/sound.h"

namespace sensorium {

/// Three views of a sound at 16 kHz in frames of 25 ms, one every 10 ms, of 40 mel bands from 20 to 7600 Hz in
/// decibels. "Its loud part" reaches from the first to the last frame within 40 dB of the loudest.
struct SoundSummary {
  /// (80) mean of each band over its loud part, then the deviations: what it sounds like.
  std::vector<float> spectrum;
  /// (160) mean of each band in each quarter of its loud part: how that goes on, as in a word.
  std::vector<float> course;
  /// (31) of the loudness of frames alone, in dB below the loudest: deciles (11), deviation, share of frames more than
  /// 60 dB below, rises of 3, 6 and 12 dB from frame to frame (share of frames each), mean and largest rise, its
  /// modulation in 9 octaves below 50 Hz (share of the power each), and the largest autocorrelation at lags of 0.1 to
  /// 0.2, 0.4, 0.8 and 1.6 s: knocks, barks and the ticking of a clock, whatever they sound like.
  std::vector<float> rhythm;
};

/// Throws UsageError for a sound of another rate than it can be brought to (see resample). Thread-safe.
SoundSummary summarise_sound(const Sound& sound);

/// All three side by side.
inline constexpr int64_t kSoundFeatures = 80 + 160 + 31;

/// Those of the first 10 seconds of a file. Throws what read_sound throws. Thread-safe.
std::vector<float> sound_features(const fs::path& file);

}  // namespace sensorium
