#pragma once
// SHA-256 (FIPS 180-4): checksums that others publish.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sensorium {

/// SHA-256 of bytes that come in pieces. Not thread-safe.
class Sha256 {
 public:
  void update(std::span<const std::byte> bytes);
  void update(std::string_view bytes) { update(std::as_bytes(std::span(bytes))); }
  /// 64 lower-case hex digits of all bytes so far; the object is then spent.
  std::string finish_hex();

 private:
  void absorb(const std::byte* block);
  std::array<uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> pending_{};
  uint64_t total_ = 0;
};

/// The same of one piece. Thread-safe.
std::string sha256_hex(std::span<const std::byte> bytes);

}  // namespace sensorium
