#pragma once
// Addresses of the web: taking them apart, and which machines a list from outside may make us talk to.

#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>

namespace sensorium {

/// The parts of an http(s) address that the downloader needs.
struct WebAddress {
  std::string url;       // normalised, without the fragment
  std::string host;      // lower case; with ":port" unless it is the scheme's own
  std::string fragment;  // what stood behind '#'; may be empty
};

/// Takes an address apart. Nothing, and `fault` says why, for what is no address, another scheme than http and https,
/// or an address that carries a user name. Thread-safe.
std::optional<WebAddress> parse_web_address(const std::string& text, std::string& fault);

/// `reference` as seen from `base`: absolute addresses as they are, others below the folder `base`.
std::string join_address(const std::string& base, const std::string& reference);

/// Whether a socket address lies in the public internet: not loopback, private, link-local, carrier-grade NAT,
/// multicast, reserved or for documentation (IANA special-purpose registries, RFC 6890), also where an IPv4 address is
/// wrapped into an IPv6 one (mapped, NAT64, 6to4). Other families than IPv4 and IPv6 are not public. Thread-safe.
bool is_public_address(const sockaddr* address, socklen_t size);

/// The same for an address as text, "127.0.0.1" or "::1". False for what is no address.
bool is_public_address(const std::string& text);

}  // namespace sensorium
