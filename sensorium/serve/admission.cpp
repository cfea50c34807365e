#include "sensorium/serve/admission.h"

#include "sensorium/base/sha256.h"

#include <algorithm>
#include <span>

namespace sensorium {
namespace {

std::string hash_of(const std::string& key) {
  return sha256_hex(std::as_bytes(std::span(key)));
}

/// Looks at every byte, whatever it finds. The lengths are equal: hashes.
bool equal_in_constant_time(const std::string& a, const std::string& b) {
  unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i)
    difference =
        static_cast<unsigned char>(difference | (static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i])));
  return difference == 0;
}

}  // namespace

Admission::Admission(const std::vector<std::string>& keys, std::vector<std::string> origins)
    : origins_(std::move(origins)) {
  for (const std::string& key : keys) hashes_.push_back(hash_of(key));
}

void Admission::check_key(const HttpRequest& request) const {
  if (hashes_.empty()) return;
  const std::string given = request.header("authorization");
  constexpr std::string_view kBearer = "Bearer ";
  if (!given.starts_with(kBearer))
    throw ApiError(401, "expected a header \"Authorization: Bearer KEY\", got none", "missing_api_key");
  const std::string hash = hash_of(given.substr(kBearer.size()));
  bool known = false;
  for (const std::string& one : hashes_) known = equal_in_constant_time(hash, one) || known;
  if (!known) throw ApiError(401, "expected a key that is known here, got another", "invalid_api_key");
}

bool Admission::allows(const std::string& origin) const {
  return std::any_of(origins_.begin(), origins_.end(), [&](const std::string& o) { return o == "*" || o == origin; });
}

void Admission::check_origin(const HttpRequest& request) const {
  const std::string origin = request.header("origin");
  if (request.method == "GET" || request.method == "HEAD" || origin.empty() || allows(origin)) return;
  const size_t at = origin.find("://");
  if (at != std::string::npos && origin.substr(at + 3) == request.header("host")) return;
  throw ApiError(403, "expected a page of this server, got one of another origin", "foreign_origin");
}

std::vector<std::pair<std::string, std::string>> Admission::cors_headers(const HttpRequest& request) const {
  const std::string origin = request.header("origin");
  if (origin.empty() || !allows(origin)) return {};
  return {{"Access-Control-Allow-Origin", origin},
          {"Vary", "Origin"},
          {"Access-Control-Allow-Methods", "GET, POST, DELETE"},
          {"Access-Control-Allow-Headers", "Authorization, Content-Type"},
          {"Access-Control-Expose-Headers", "Retry-After, X-Request-Id"},
          {"Access-Control-Max-Age", "600"}};
}

}  // namespace sensorium
