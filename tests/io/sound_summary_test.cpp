#include "sensorium/io/sound_summary.h"

#include "sensorium/base/rng.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <numeric>

using namespace sensorium;

namespace {

constexpr int kRate = 16000;

/// `seconds` of noise or a tone, on for the first half of each period (0: always).
Sound beats(double seconds, double period, double hertz) {
  Sound sound{kRate, {}};
  CounterRng rng(3);
  for (int i = 0; i < static_cast<int>(seconds * kRate); ++i) {
    const double t = static_cast<double>(i) / kRate;
    const bool on = period == 0 || std::fmod(t, period) < period / 2;
    const double v = hertz > 0 ? 0.5 * std::sin(2 * std::numbers::pi * hertz * t) : 0.1 * rng.normal();
    sound.samples.push_back(static_cast<float>(on ? v : 0));
  }
  return sound;
}

double difference(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
  return sum / static_cast<double>(a.size());
}

}  // namespace

TEST_CASE("summarise_sound: the spectrum says which tone, the rhythm how often it comes") {
  const SoundSummary slow = summarise_sound(beats(4, 0.5, 500)), quick = summarise_sound(beats(4, 0.2, 500)),
                     high = summarise_sound(beats(4, 0.5, 3000));
  CHECK(slow.spectrum.size() == 80);
  CHECK(slow.course.size() == 160);
  CHECK(slow.rhythm.size() == 31);
  CHECK(slow.spectrum.size() + slow.course.size() + slow.rhythm.size() == kSoundFeatures);
  CHECK(difference(slow.rhythm, high.rhythm) < 0.5 * difference(slow.rhythm, quick.rhythm));
  CHECK(difference(slow.spectrum, quick.spectrum) < 0.5 * difference(slow.spectrum, high.spectrum));
  // An autocorrelation of a beat every 0.5 s peaks at lags of 0.4 to 0.8 s, of one every 0.2 s at 0.2 to 0.4 s too.
  CHECK(slow.rhythm[29] > slow.rhythm[28]);
  CHECK(quick.rhythm[28] > 0.8f);
  const double modulation = std::accumulate(slow.rhythm.begin() + 18, slow.rhythm.begin() + 27, 0.0);
  CHECK(modulation == doctest::Approx(1));
}

TEST_CASE("summarise_sound: silence around a sound and its loudness hardly matter to what it sounds like") {
  const Sound sound = beats(1, 0, 0);
  Sound later{kRate, std::vector<float>(kRate / 2, 0.0f)};
  for (const float v : sound.samples) later.samples.push_back(v);
  const SoundSummary a = summarise_sound(sound), b = summarise_sound(later);
  CHECK(difference(a.course, b.course) < 2);
  for (const float v : summarise_sound({kRate, std::vector<float>(1, 0.0f)}).rhythm) CHECK(std::isfinite(v));
}
