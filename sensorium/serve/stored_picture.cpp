#include "sensorium/serve/stored_picture.h"

#include "sensorium/base/sha256.h"
#include "sensorium/serve/http_message.h"

#include <algorithm>
#include <span>

namespace sensorium {
namespace {

struct Beginning {
  std::string_view bytes;
  size_t at;
  const char* type;
  const char* ending;
};

using namespace std::string_view_literals;
constexpr Beginning kBeginnings[] = {
    {"\xFF\xD8\xFF"sv, 0, "image/jpeg", ".jpg"},
    {"\x89PNG\r\n\x1a\n"sv, 0, "image/png", ".png"},
    {"GIF8"sv, 0, "image/gif", ".gif"},
    {"WEBP"sv, 8, "image/webp", ".webp"},
    {"BM"sv, 0, "image/bmp", ".bmp"},
    {"II*\0"sv, 0, "image/tiff", ".tif"},
    {"MM\0*"sv, 0, "image/tiff", ".tif"},
};

const Beginning* beginning_of(std::string_view bytes) {
  for (const Beginning& b : kBeginnings)
    if (bytes.size() > b.at && bytes.substr(b.at).starts_with(b.bytes)) return &b;
  return nullptr;
}

bool is_stored_name(const std::string& name) {
  return name.size() > 64 && name.size() < 72 && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.';
         });
}

/// Whether `file`, which exists, lies below `folder`.
bool is_inside(const fs::path& file, const fs::path& folder) {
  std::error_code error;
  const fs::path real = fs::canonical(file, error);
  if (error) return false;
  const fs::path root = fs::canonical(folder, error);
  if (error) return false;
  const auto [at, unused] = std::mismatch(root.begin(), root.end(), real.begin(), real.end());
  return at == root.end();
}

}  // namespace

std::string picture_type(std::string_view bytes) {
  const Beginning* b = beginning_of(bytes);
  return b ? b->type : "";
}

std::string store_picture(const fs::path& store, std::string_view bytes) {
  const Beginning* b = beginning_of(bytes);
  if (!b)
    throw ApiError(400, "picture: expected JPEG, PNG, GIF, WebP, BMP or TIFF, got something else", "invalid_image");
  const std::string name = sha256_hex(std::as_bytes(std::span(bytes))) + b->ending;
  make_directories(store);
  std::error_code ignored;
  if (!fs::exists(store / name, ignored)) write_file(store / name, bytes);
  return name;
}

std::optional<fs::path> find_picture(const Json& metadata, const fs::path& store,
                                     const std::vector<std::string>& roots) {
  std::error_code ignored;
  const auto text = [&](const char* key) {
    const auto found = metadata.find(key);
    return found != metadata.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  if (const std::string name = text("stored_picture"); !store.empty() && is_stored_name(name))
    if (fs::is_regular_file(store / name, ignored)) return store / name;
  const std::string path = text("path");
  if (path.empty() || path.find('\0') != std::string::npos) return std::nullopt;
  for (const std::string& root : roots)
    for (const fs::path& file : {fs::path(path), fs::path(root) / path})
      if (fs::is_regular_file(file, ignored) && is_inside(file, root)) return file;
  return std::nullopt;
}

}  // namespace sensorium
