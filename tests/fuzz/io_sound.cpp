// Sounds of any kind. Checksums of Ogg pages are put right, so that what lies behind them is reached too.
#include "sensorium/base/error.h"
#include "sensorium/io/mel.h"
#include "tests/fuzz/temporary.h"

#include <ogg/ogg.h>

#include <vector>

namespace {

/// The bytes with the right checksum in every whole Ogg page that follows another, from the start on (RFC 3533).
std::vector<uint8_t> with_checksums(const uint8_t* data, size_t size) {
  constexpr size_t kHeader = 27, kSegments = 26;
  std::vector<uint8_t> bytes(data, data + size);
  for (size_t at = 0; at + kHeader <= size && std::equal(&bytes[at], &bytes[at] + 4, "OggS");) {
    const size_t header = kHeader + bytes[at + kSegments];
    if (header > size - at) break;
    size_t body = 0;
    for (size_t i = kHeader; i < header; ++i) body += bytes[at + i];
    if (body > size - at - header) break;
    ogg_page page{&bytes[at], static_cast<long>(header), &bytes[at] + header, static_cast<long>(body)};
    ogg_page_checksum_set(&page);
    at += header + body;
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  const std::vector<uint8_t> bytes = with_checksums(data, size);
  try {
    mel_spectrogram(resample(read_sound(fuzz::file_of(bytes.data(), bytes.size()), 1), 16000), {});
  } catch (const Error&) {
  }
  return 0;
}
