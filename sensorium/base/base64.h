#pragma once
// Base64 (RFC 4648, section 4).

#include <string>
#include <string_view>

namespace sensorium {

/// The bytes of padded base64. Throws InputError naming `source` for any other character or length.
std::string base64_decode(std::string_view text, std::string_view source);
/// Padded, without line ends.
std::string base64_encode(std::string_view bytes);

}  // namespace sensorium
