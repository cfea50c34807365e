#pragma once
// How an address ended.

#include <cstdint>
#include <iterator>
#include <string_view>

namespace sensorium {

/// Why something was not fetched. The numbers stand in files of the disk: never change them, only add.
enum class DownloadReason : uint8_t {
  none = 0,
  bad_address = 1,
  private_address = 2,
  resolve = 3,
  connect = 4,
  tls = 5,
  timeout = 6,
  truncated = 7,
  connection = 8,
  redirects = 9,
  http_status = 10,
  content_type = 11,
  too_large = 12,
  empty = 13,
  broken_picture = 14,
  checksum = 15,
  content_encoding = 16,
  large_headers = 17,
  broken_archive = 18,
  wrong_range = 19,
  protocol = 20,
  long_wait = 21,
  count = 22,
};

/// The reason in a few words.
constexpr std::string_view reason_text(DownloadReason reason) {
  constexpr std::string_view kTexts[]{
      "none",
      "no usable address",
      "private, loopback or link-local machine",
      "name does not resolve",
      "no connection",
      "no trusted TLS",
      "too slow",
      "cut off",
      "connection lost",
      "redirects without end",
      "HTTP status",
      "content type",
      "too large",
      "empty",
      "no readable picture",
      "checksum",
      "content encoding",
      "headers without end",
      "broken archive",
      "wrong range",
      "no HTTP, or a redirect out of it",
      "told to wait too long",
  };
  static_assert(std::size(kTexts) == static_cast<size_t>(DownloadReason::count));
  return kTexts[static_cast<size_t>(reason) < std::size(kTexts) ? static_cast<size_t>(reason) : 0];
}

}  // namespace sensorium
