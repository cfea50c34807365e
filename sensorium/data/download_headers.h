#pragma once
// What the headers of an answer say, of which every byte may be wrong.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sensorium {

/// "Name: value\r\n" as the name in lower case and the value without white space around it; both empty for other lines.
std::pair<std::string, std::string> split_header(std::string_view line);

/// "Text/HTML; charset=utf-8" as "text/html".
std::string media_type(std::string_view value);

/// Whether a media type is one of `accepted` ("image/png", "image/*"); without any, all but text/html are. An empty one
/// is.
bool is_accepted_type(const std::string& type, const std::vector<std::string>& accepted);

/// "bytes 5-9/10" as first, last and, unless it is '*', total.
struct ContentRange {
  uint64_t first = 0, last = 0;
  std::optional<uint64_t> total;
};

/// The value of a Content-Range header; nothing when it is none or contradicts itself.
std::optional<ContentRange> parse_content_range(std::string_view text);

/// What If-Range may carry: a strong ETag, or else a date (RFC 9110, 13.1.5); empty when there is neither.
std::string range_validator(const std::string& etag, const std::string& modified);

}  // namespace sensorium
