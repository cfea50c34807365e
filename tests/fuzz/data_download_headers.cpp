// Any bytes as a header line of a server, and as its value.
#include "sensorium/data/download_checksum.h"
#include "sensorium/data/download_headers.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto [name, value] = split_header(text);
  const std::string type = media_type(value);
  is_accepted_type(type, {"image/*", "application/octet-stream"});
  for (const std::string& candidate : {text, value})
    if (const auto range = parse_content_range(candidate))
      if (range->last < range->first || (range->total && range->last >= *range->total)) std::abort();
  if (const auto checksum = parse_checksum(text))
    if (parse_checksum(*checksum) != checksum) std::abort();
  range_validator(text, value);
  return 0;
}
