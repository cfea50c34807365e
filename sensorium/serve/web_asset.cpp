#include "sensorium/serve/web_asset.h"

#include "sensorium/base/error.h"
#include "sensorium/serve/web_files.h"

namespace sensorium {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr Pair kTypes[] = {{".html", "text/html; charset=utf-8"},
                           {".css", "text/css; charset=utf-8"},
                           {".js", "text/javascript; charset=utf-8"},
                           {".json", "application/json"},
                           {".svg", "image/svg+xml"}};

// blob: and data: are pictures that the user chose, shown before they are sent.
constexpr Pair kHeaders[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cache-Control", "no-cache"}};

std::string_view type_of(std::string_view path) {
  for (const auto& [ending, type] : kTypes)
    if (path.ends_with(ending)) return type;
  SENSORIUM_ASSERT(!"a file of web/ has a known type");
  return {};
}

}  // namespace

std::optional<WebAsset> web_asset(std::string_view path) {
  if (path == "/") path = "/index.html";
  for (const WebFile& f : web_files())
    if (f.path == path) return WebAsset{f.content, type_of(path), f.etag};
  return std::nullopt;
}

std::span<const Pair> web_headers() {
  return kHeaders;
}

}  // namespace sensorium
