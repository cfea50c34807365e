#pragma once
// What the fuzzers of picture formats share.

#include "sensorium/base/error.h"
#include "sensorium/io/image.h"

#include <span>
#include <string>

namespace sensorium::fuzz {

/// Decodes bytes of one format in every way there is. Bytes of another format are set right at the start, so that no
/// time goes to those. Refusing is fine, anything else that goes wrong is a finding.
inline void decode(const uint8_t* data, size_t size, std::string_view magic) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  for (size_t i = 0; i < std::min(magic.size(), bytes.size()); ++i)
    if (magic[i] != '?') bytes[i] = magic[i];
  DecodeOptions options;
  options.limits.pixels = 1 << 18;
  options.apply_exif_orientation = true;
  const auto view = std::as_bytes(std::span(bytes));
  try {
    decode_image_alpha(view, "fuzz", options);
  } catch (const Error&) {
  }
  try {
    int frames = 0;
    decode_frames(
        view, "fuzz", [&](const Frame&) { return ++frames < 20; }, true, options);
  } catch (const Error&) {
  }
}

}  // namespace sensorium::fuzz
