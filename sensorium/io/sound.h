#pragma once
// Sound: decoding of untrusted bytes to samples, and other rates.

#include "sensorium/base/file.h"

#include <cstdint>
#include <vector>

namespace sensorium {

/// One channel of samples, full scale at -1 and 1.
struct Sound {
  int rate = 0;  // samples a second
  std::vector<float> samples;
};

/// Decodes WAV, FLAC, Ogg Vorbis, Opus, MP3 and whatever else libsndfile knows (told apart by content) and averages the
/// channels. At most `max_seconds` are read; what follows is left out (0: no limit but that of 2^28 samples). Throws
/// InputError naming the file when it cannot be read, is of no known format, is broken, or holds no sample.
/// Thread-safe.
Sound read_sound(const fs::path& path, double max_seconds = 0);

/// The sound at another rate by polyphase filtering, as scipy.signal.resample_poly with its default window: with up /
/// down = rate / old rate in lowest terms and n = 10 max(up, down), a low pass of 2 n + 1 taps, ideal at 1 / max(up,
/// down) times a Kaiser window (beta 5), scaled to gain `up` at 0 Hz; zeros beyond both ends. The length is ceil(old *
/// up / down). Sums are in double. Throws UsageError for a rate outside [1, 10^6]. Thread-safe.
/// Source: Crochiere, Rabiner, "Multirate Digital Signal Processing", 1983, section 3.3.
Sound resample(const Sound& sound, int rate);

}  // namespace sensorium
