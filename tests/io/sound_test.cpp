#include "sensorium/io/sound.h"

#include "sensorium/io/mel.h"
#include "sensorium/io/safetensors.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace sensorium;
using namespace sensorium::test;

namespace {

const fs::path kFolder = goldens() / "sounds";

Sound wave(const SafetensorsFile& file, int rate) {
  return {rate, to_float32(file.at("wave_" + std::to_string(rate) + "_0"))};
}

/// Largest difference over the largest magnitude expected.
double difference(const std::vector<float>& got, const std::vector<float>& expected) {
  REQUIRE(got.size() == expected.size());
  double largest = 0, scale = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(got[i]) - static_cast<double>(expected[i])));
    scale = std::max(scale, std::abs(static_cast<double>(expected[i])));
  }
  return largest / scale;
}

/// (frames, bands) as librosa lays it out.
std::vector<float> transposed(const MelFrames& mel) {
  std::vector<float> out(mel.values.size());
  for (int64_t t = 0; t < mel.frames; ++t)
    for (int64_t b = 0; b < mel.bands; ++b)
      out[static_cast<size_t>(b * mel.frames + t)] = mel.values[static_cast<size_t>(t * mel.bands + b)];
  return out;
}

}  // namespace

TEST_CASE("mel spectrograms and decibels are librosa's") {
  const SafetensorsFile file(kFolder / "sounds.safetensors");
  for (const auto& [name, scale] : {std::pair{"slaney", MelScale::slaney}, std::pair{"htk", MelScale::htk}}) {
    MelFrames mel = mel_spectrogram(wave(file, 16000), {16000, 512, 400, 160, 40, 20, 7600, scale});
    CHECK(difference(transposed(mel), to_float32(file.at(std::string("mel.") + name + ".0"))) < 1e-6);
    if (scale != MelScale::slaney) continue;
    to_decibels(mel);
    CHECK(difference(transposed(mel), to_float32(file.at("mel_db.slaney.0"))) < 1e-6);
  }
}

TEST_CASE("resampling is scipy's resample_poly") {
  const SafetensorsFile file(kFolder / "sounds.safetensors");
  for (const auto& [from, to] : {std::pair{44100, 16000}, std::pair{48000, 16000}, std::pair{44100, 48000}}) {
    const Sound out = resample(wave(file, from), to);
    CHECK(out.rate == to);
    CHECK(difference(out.samples, to_float32(file.at(fmt::format("resample.{}_{}.0", from, to)))) < 1e-6);
  }
  CHECK_THROWS_WITH_AS(resample({16000, {0}}, 0), "[resample] expected rates from 1 to 1000000, got 16000 to 0",
                       UsageError);
}

TEST_CASE("a WAV file gives its samples, as many as wanted") {
  const SafetensorsFile file(kFolder / "sounds.safetensors");
  const Sound expected = wave(file, 44100), all = read_sound(kFolder / "wave_44100_0.wav");
  CHECK(all.rate == 44100);
  CHECK(all.samples == expected.samples);
  const Sound part = read_sound(kFolder / "wave_44100_0.wav", 0.1);
  CHECK(part.samples == std::vector<float>(expected.samples.begin(), expected.samples.begin() + 4410));
}

TEST_CASE("what is no sound is refused by name") {
  ScratchFolder folder;
  write_file(folder / "a.ogg", "OggS and nothing of the kind");
  CHECK_THROWS_AS(read_sound(folder / "a.ogg"), InputError);
  CHECK_THROWS_AS(read_sound(folder / "none.wav"), InputError);
  const std::string whole = read_file(kFolder / "wave_44100_0.wav");
  write_file(folder / "empty.wav", whole.substr(0, 44));
  CHECK_THROWS_WITH_AS(read_sound(folder / "empty.wav"),
                       fmt::format("[sound] {}: expected samples, got none", (folder / "empty.wav").string()).c_str(),
                       InputError);
}

TEST_CASE("Ogg Vorbis without whole headers never reaches libsndfile, which would leak it") {
  ScratchFolder folder;
  const std::string whole = read_file(fs::path(SENSORIUM_SOURCE_DIR) / "tests/fuzz/seeds/io_sound/vorbis");
  const std::string tag("ID3\x04\0\0\0\0\0\x02xx", 12);
  write_file(folder / "a.ogg", whole);
  CHECK(read_sound(folder / "a.ogg").rate == 8000);
  std::string broken = whole.substr(0, 1000);  // ends before the last header does
  const auto refused = [&] {
    write_file(folder / "a.ogg", broken);
    return error_of([&] { read_sound(folder / "a.ogg"); }, folder.path()) ==
           "[sound] DIR/a.ogg: expected the three headers of Ogg Vorbis, got a broken one";
  };
  CHECK(refused());
  broken.insert(0, tag);
  CHECK(refused());
  // Found by the fuzzer: pages that are not counted from 0.
  broken = read_file(fs::path(SENSORIUM_SOURCE_DIR) / "tests/fuzz/seeds/io_sound/vorbis_late_page");
  CHECK(refused());
  broken = whole;
  broken[40] ^= 1;  // in the first header, whose page is then left out: the next begins no stream
  write_file(folder / "a.ogg", broken);
  CHECK_THROWS_AS(read_sound(folder / "a.ogg"), InputError);
}

TEST_CASE("options of a mel spectrogram out of range are refused") {
  const Sound sound{16000, std::vector<float>(100)};
  CHECK_THROWS_AS(mel_spectrogram(sound, {.rate = 8000, .high = 4000}), UsageError);
  CHECK_THROWS_AS(mel_spectrogram(sound, {.hop = 0}), UsageError);
  CHECK_THROWS_AS(mel_spectrogram(sound, {.high = 9000}), UsageError);
  CHECK(mel_spectrogram(sound, {}).frames == 1);
}
