#pragma once
// The web page as the HTTP server sends it.

#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace sensorium {

struct WebAsset {
  std::string_view content, content_type;
  std::string_view etag;  // quoted, strong: the same until the program is another
};

/// What stands at an address's path ("/" is the page itself), or nothing. Only exact paths of embedded files are known,
/// so no path leads anywhere else. The views live as long as the program. Thread-safe.
std::optional<WebAsset> web_asset(std::string_view path);

/// Headers (name, value) that go with every asset: a Content-Security-Policy that allows this server alone, and caches
/// that ask again (the etag answers 304). Thread-safe.
std::span<const std::pair<std::string_view, std::string_view>> web_headers();

}  // namespace sensorium
