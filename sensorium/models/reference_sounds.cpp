#include "sensorium/models/reference_sounds.h"

#include "sensorium/base/json.h"
#include "sensorium/io/mel.h"

namespace sensorium {
namespace {

/// The settings among the case's that have as many bands as its filters.
MelOptions mel_options_of(const ReferenceCase& c, MelScale scale) {
  const fs::path file = c.folder() / "case.json";
  const Json json = read_json(file);
  const std::string source = file.string();
  const Json all = json_get<Json>(json_get<Json>(json, "parameters", source), "mel", source);
  const int64_t bands = c.outputs().at("mel_filters.slaney").shape.at(0);
  for (const Json& one : all)
    if (json_get<int64_t>(one, "n_mels", source) == bands)
      return {16000,
              json_get<int>(one, "n_fft", source),
              json_get<int>(one, "win_length", source),
              json_get<int>(one, "hop_length", source),
              static_cast<int>(bands),
              json_get<double>(one, "fmin", source),
              json_get<double>(one, "fmax", source),
              scale};
  throw InputError("verify", "{}: expected settings of {} mel bands, got none", source, bands);
}

/// (frames, bands) to (bands, frames).
std::vector<float> transposed(const MelFrames& mel) {
  std::vector<float> out(mel.values.size());
  for (int64_t t = 0; t < mel.frames; ++t)
    for (int64_t b = 0; b < mel.bands; ++b)
      out[static_cast<size_t>(b * mel.frames + t)] = mel.values[static_cast<size_t>(t * mel.bands + b)];
  return out;
}

/// Waves of a rate: "wave_16000_0", "wave_16000_1", ...
std::vector<Sound> waves_of(const ReferenceCase& c, int rate) {
  std::vector<Sound> waves;
  for (int i = 0; c.has_input(fmt::format("wave_{}_{}", rate, i)); ++i)
    waves.push_back({rate, c.floats(fmt::format("wave_{}_{}", rate, i))});
  return waves;
}

void check_mel(const ReferenceCase& c, CaseReport& report) {
  for (const auto& [name, scale] : {std::pair{"slaney", MelScale::slaney}, std::pair{"htk", MelScale::htk}}) {
    const MelOptions options = mel_options_of(c, scale);
    report.offer(fmt::format("mel_filters.{}", name), mel_filters(options));
    const std::vector<Sound> waves = waves_of(c, options.rate);
    for (size_t i = 0; i < waves.size(); ++i) {
      MelFrames mel = mel_spectrogram(waves[i], options);
      report.offer(fmt::format("mel.{}.{}", name, i), transposed(mel));
      to_decibels(mel);
      report.offer(fmt::format("mel_db.{}.{}", name, i), transposed(mel));
    }
  }
}

void check_resampling(const ReferenceCase& c, CaseReport& report) {
  for (const auto& [from, to] : {std::pair{44100, 16000}, std::pair{48000, 16000}, std::pair{44100, 48000}}) {
    const std::vector<Sound> waves = waves_of(c, from);
    for (size_t i = 0; i < waves.size(); ++i)
      if (const std::string name = fmt::format("resample.{}_{}.{}", from, to, i); c.has_output(name))
        report.offer(name, resample(waves[i], to).samples);
  }
}

}  // namespace

CaseKind sound_case_kind() {
  return {"sounds", [](const ReferenceCase& c) { return c.has_output("mel_filters.slaney"); },
          [](const ReferenceCase& c, CaseReport& report) {
            check_mel(c, report);
            check_resampling(c, report);
            report.skip("resample_filter.", "the taps are not kept: what they make of sounds is compared");
            for (const char* model : {"clap.", "whisper", "ast."})
              report.skip(model, "features of a model that is not here");
          }};
}

}  // namespace sensorium
