#include "sensorium/io/sound.h"

#include "sensorium/base/error.h"
#include "sensorium/io/vorbis_headers.h"

#include <sndfile.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace sensorium {
namespace {

constexpr int64_t kSampleLimit = int64_t{1} << 28;
constexpr int kChannelLimit = 64, kRateLimit = 1'000'000;
constexpr sf_count_t kBlock = 4096;

using SoundFile = std::unique_ptr<SNDFILE, decltype(&sf_close)>;

}  // namespace

Sound read_sound(const fs::path& path, double max_seconds) {
  sound_detail::check_vorbis_headers(path);
  SF_INFO info{};
  const SoundFile file(sf_open(path.c_str(), SFM_READ, &info), &sf_close);
  if (!file) throw InputError("sound", "{}: expected a sound file, got: {}", path.string(), sf_strerror(nullptr));
  if (info.channels < 1 || info.channels > kChannelLimit || info.samplerate < 1 || info.samplerate > kRateLimit)
    throw InputError("sound", "{}: expected 1 to {} channels and at most {} samples a second, got {} and {}",
                     path.string(), kChannelLimit, kRateLimit, info.channels, info.samplerate);
  const double wanted = max_seconds > 0 ? std::ceil(max_seconds * info.samplerate) : kSampleLimit;
  const auto limit = static_cast<int64_t>(std::min(wanted, static_cast<double>(kSampleLimit)));
  Sound sound{info.samplerate, {}};
  const auto channels = static_cast<size_t>(info.channels);
  std::vector<float> block(static_cast<size_t>(kBlock) * channels);
  // The header's number of frames is not believed: what there is decides.
  for (int64_t left = limit; left > 0;) {
    const sf_count_t got = sf_readf_float(file.get(), block.data(), std::min<sf_count_t>(kBlock, left));
    if (got <= 0) break;
    for (size_t i = 0; i < static_cast<size_t>(got); ++i) {
      double sum = 0;
      for (size_t c = 0; c < channels; ++c) sum += static_cast<double>(block[i * channels + c]);
      const double mean = sum / static_cast<double>(channels);
      if (!std::isfinite(mean))
        throw InputError("sound", "{}: expected finite samples, got {} in sample {}", path.string(), mean,
                         sound.samples.size());
      sound.samples.push_back(static_cast<float>(mean));
    }
    left -= got;
  }
  if (sf_error(file.get()) != SF_ERR_NO_ERROR)
    throw InputError("sound", "{}: expected a whole sound file, got: {}", path.string(), sf_strerror(file.get()));
  if (sound.samples.empty()) throw InputError("sound", "{}: expected samples, got none", path.string());
  return sound;
}

}  // namespace sensorium
