#pragma once
// Who may ask: API keys, and pages of other origins.

#include "sensorium/serve/http_message.h"

namespace sensorium {

/// Thread-safe.
class Admission {
 public:
  /// No keys: everybody may. `origins`: of pages elsewhere that may call; "*": any.
  Admission(const std::vector<std::string>& keys, std::vector<std::string> origins);
  bool needs_key() const { return !hashes_.empty(); }
  /// Throws ApiError 401 unless the request has "Authorization: Bearer KEY" with a key that is known. Takes the same
  /// time for every wrong key.
  void check_key(const HttpRequest& request) const;
  /// Throws ApiError 403 for a request by a page of another origin that may not call: a browser sends some without
  /// asking, and would send them to a server that only this machine can reach.
  void check_origin(const HttpRequest& request) const;
  /// Headers that let the page of that origin read the answer; none where it may not.
  std::vector<std::pair<std::string, std::string>> cors_headers(const HttpRequest& request) const;

 private:
  bool allows(const std::string& origin) const;
  std::vector<std::string> hashes_, origins_;
};

}  // namespace sensorium
