#pragma once
// Mel spectrograms, as librosa computes them.

#include "sensorium/io/sound.h"

namespace sensorium {

/// Pitch scales: Slaney's (linear below 1 kHz, logarithmic above; "Auditory Toolbox", 1998) and HTK's (2595 log10(1 + f
/// / 700); "The HTK Book", 2006, section 5.4).
enum class MelScale { slaney, htk };

struct MelOptions {
  int rate = 16000;              // of the sound
  int fft = 512;                 // samples of a transform
  int window = 400;              // samples of the periodic Hann window, centred in the transform
  int hop = 160;                 // samples between frames
  int bands = 40;                // triangles
  double low = 20, high = 7600;  // Hz
  MelScale scale = MelScale::slaney;
};

/// A matrix of float32, row by row.
struct MelFrames {
  int64_t frames = 0, bands = 0;
  std::vector<float> values;
};

/// (bands, fft / 2 + 1) triangles between `bands` + 2 points evenly spaced on the scale, each of area 1 in Hz (Slaney's
/// normalisation), row by row. Throws UsageError for options out of range.
std::vector<double> mel_filters(const MelOptions& options);

/// Power in each band, (1 + samples / hop, bands): zeros around the sound so that frame t is centred at sample t hop;
/// window, transform, squared magnitude, filters. Arithmetic is in double. Throws UsageError when the sound has another
/// rate or options are out of range. Thread-safe.
MelFrames mel_spectrogram(const Sound& sound, const MelOptions& options);

/// 10 log10(max(power, 1e-10)), then nothing more than 80 below the largest, in place (librosa's power_to_db).
void to_decibels(MelFrames& frames);

}  // namespace sensorium
