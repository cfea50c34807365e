#include "sensorium/data/caption_rules.h"
#include "sensorium/data/language_guess.h"
#include "sensorium/data/near_captions.h"
#include "sensorium/data/profile.h"
#include "sensorium/data/source.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  count_words(text);
  for_each_word(text, [](std::string_view) {});
  caption_similarity(text.substr(0, size / 2), text.substr(size / 2));
  if (is_utf8(text)) guess_language(text);
  return 0;
}
