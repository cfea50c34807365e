#pragma once
// Pictures as requests bring them: base64, data addresses and, where allowed, addresses of the web.

#include "sensorium/base/json.h"
#include "sensorium/serve/http_message.h"

namespace sensorium {

struct PictureInputOptions {
  bool fetch = false;  // http(s) addresses, public ones alone
  uint64_t max_bytes = uint64_t{20} << 20;
};

/// The schema of a picture in a request.
OrderedJson picture_schema(bool fetch);

/// A picture's file out of base64, "data:image/...;base64,..." or "https://...". Throws ApiError 400 with `param` for
/// what is none of these, and for addresses: where they are not allowed, lead to a machine that is not public (also by
/// redirect; the address of each connection is looked at) or give no picture. Thread-safe.
std::string read_picture(const std::string& text, const std::string& param, const PictureInputOptions& options,
                         const RequestContext& context);

}  // namespace sensorium
