#include "sensorium/data/download_address.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>

namespace sensorium {
namespace {

struct Block4 {
  uint32_t network;
  int bits;
};

constexpr uint32_t ip4(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

constexpr std::array kNotPublic4{
    Block4{ip4(0, 0, 0, 0), 8},      Block4{ip4(10, 0, 0, 0), 8},     Block4{ip4(100, 64, 0, 0), 10},
    Block4{ip4(127, 0, 0, 0), 8},    Block4{ip4(169, 254, 0, 0), 16}, Block4{ip4(172, 16, 0, 0), 12},
    Block4{ip4(192, 0, 0, 0), 24},   Block4{ip4(192, 0, 2, 0), 24},   Block4{ip4(192, 88, 99, 0), 24},
    Block4{ip4(192, 168, 0, 0), 16}, Block4{ip4(198, 18, 0, 0), 15},  Block4{ip4(198, 51, 100, 0), 24},
    Block4{ip4(203, 0, 113, 0), 24}, Block4{ip4(224, 0, 0, 0), 4},    Block4{ip4(240, 0, 0, 0), 4},
};

bool is_public4(uint32_t address) {
  for (const Block4& block : kNotPublic4)
    if ((address ^ block.network) >> (32 - block.bits) == 0) return false;
  return true;
}

uint32_t ip4_at(const uint8_t* bytes) {
  return ip4(bytes[0], bytes[1], bytes[2], bytes[3]);
}

bool has_prefix(const uint8_t* bytes, std::initializer_list<uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), bytes);
}

bool is_public6(const uint8_t* b) {
  static constexpr uint8_t kMapped[12]{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  static constexpr uint8_t kNat64[12]{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};
  if (std::memcmp(b, kMapped, 12) == 0 || std::memcmp(b, kNat64, 12) == 0) return is_public4(ip4_at(b + 12));
  if (has_prefix(b, {0x20, 0x02})) return is_public4(ip4_at(b + 2));  // 6to4
  if ((b[0] & 0xe0) != 0x20) return false;                            // only 2000::/3 is routed globally
  if (has_prefix(b, {0x20, 0x01}) && b[2] < 2) return false;          // 2001::/23: Teredo and protocol assignments
  if (has_prefix(b, {0x20, 0x01, 0x0d, 0xb8})) return false;          // documentation
  return !(b[0] == 0x3f && b[1] == 0xff && b[2] < 0x10);              // 3fff::/20, documentation
}

struct UrlCleanup {
  void operator()(CURLU* u) const { curl_url_cleanup(u); }
};
using Url = std::unique_ptr<CURLU, UrlCleanup>;

std::string part(const Url& url, CURLUPart what, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), what, &text, flags) != CURLUE_OK) return "";
  std::string out = text;
  curl_free(text);
  return out;
}

}  // namespace

std::optional<WebAddress> parse_web_address(const std::string& text, std::string& fault) {
  const Url url(curl_url());
  const CURLUcode code =
      url ? curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_URLENCODE) : CURLUE_OUT_OF_MEMORY;
  const std::string scheme = code == CURLUE_OK ? part(url, CURLUPART_SCHEME) : "";
  if (code == CURLUE_UNSUPPORTED_SCHEME || (code == CURLUE_OK && scheme != "http" && scheme != "https")) {
    fault = "another scheme than http and https";
    return std::nullopt;
  }
  if (code != CURLUE_OK || part(url, CURLUPART_HOST).empty()) {
    fault = "no address";
    return std::nullopt;
  }
  if (!part(url, CURLUPART_USER).empty() || !part(url, CURLUPART_PASSWORD).empty()) {
    fault = "an address with a user name";
    return std::nullopt;
  }
  WebAddress out;
  out.fragment = part(url, CURLUPART_FRAGMENT);
  curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  out.url = part(url, CURLUPART_URL);
  out.host = part(url, CURLUPART_HOST);
  for (char& c : out.host)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  if (const std::string port = part(url, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT); !port.empty()) out.host += ":" + port;
  return out;
}

std::string join_address(const std::string& base, const std::string& reference) {
  if (base.empty() || reference.find("://") != std::string::npos) return reference;
  const size_t start = reference.find_first_not_of('/');
  return base + (base.ends_with('/') ? "" : "/") + (start == std::string::npos ? "" : reference.substr(start));
}

bool is_public_address(const sockaddr* address, socklen_t size) {
  if (address->sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in in{};
    std::memcpy(&in, address, sizeof in);
    return is_public4(ntohl(in.sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in{};
    std::memcpy(&in, address, sizeof in);
    return is_public6(in.sin6_addr.s6_addr);
  }
  return false;
}

bool is_public_address(const std::string& text) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  if (::inet_pton(AF_INET, text.c_str(), &in.sin_addr) == 1)
    return is_public_address(reinterpret_cast<const sockaddr*>(&in), sizeof in);
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  if (::inet_pton(AF_INET6, text.c_str(), &in6.sin6_addr) == 1)
    return is_public_address(reinterpret_cast<const sockaddr*>(&in6), sizeof in6);
  return false;
}

}  // namespace sensorium
