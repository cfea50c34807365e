#pragma once
// The files of web/ as they were when the program was built.

#include <span>
#include <string_view>

namespace sensorium {

struct WebFile {
  std::string_view path;     // "/js/app.js"
  std::string_view content;  // its bytes
  std::string_view etag;     // SHA-256 of the bytes, in the quotes of an HTTP entity tag
};

/// Every file; its source is generated from web/ by cmake/EmbedFiles.cmake. Thread-safe.
std::span<const WebFile> web_files();

}  // namespace sensorium
