#pragma once
// Text as a JSON string, written straight into a buffer: for files of millions of lines.

#include <string>
#include <string_view>

namespace sensorium {

/// Appends `text` in quotes, escaped (RFC 8259); bytes that are not UTF-8 become U+FFFD.
void append_json_text(std::string& out, std::string_view text);

}  // namespace sensorium
