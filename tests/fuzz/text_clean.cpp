// Any bytes as a caption to clean: cleaning twice is cleaning once, whatever the steps; the first byte chooses them.
#include "sensorium/text/clean.h"
#include "sensorium/text/html.h"
#include "tests/fuzz/text_samples.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  if (size == 0) return 0;
  static const char* const forms[] = {"none", "nfc", "nfd", "nfkc", "nfkd"};
  const uint8_t how = data[0];
  const CleanOptions options{(how & 1) != 0, (how & 2) != 0,  (how & 4) != 0,
                             (how & 8) != 0, (how & 16) != 0, forms[(how >> 5) % 5]};
  const std::string_view text = fuzz::view_of(data + 1, size - 1);
  const std::string once = clean_caption(text, options);
  if (clean_caption(once, options) != once) __builtin_trap();
  const std::u32string all = unicode::decode(text);
  clean_text(all, Cleaning::lower);
  clean_text(all, Cleaning::canonicalize);
  html_unescape(all);
  return 0;
}
