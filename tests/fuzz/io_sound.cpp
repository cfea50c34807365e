#include "sensorium/base/error.h"
#include "sensorium/io/mel.h"
#include "tests/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  try {
    mel_spectrogram(resample(read_sound(fuzz::file_of(data, size), 1), 16000), {});
  } catch (const Error&) {
  }
  return 0;
}
