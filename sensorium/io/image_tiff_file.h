#pragma once
// A TIFF file in memory, for libtiff.

#include "sensorium/io/image_formats.h"

#include <tiffio.h>

#include <memory>

namespace sensorium::image_detail {

/// The file in memory, and the first thing that went wrong.
struct TiffSource {
  std::span<const std::byte> bytes;
  uint64_t at = 0;
  std::string message;
};

using TiffFile = std::unique_ptr<TIFF, void (*)(TIFF*)>;

/// `source` keeps the bytes and must outlive the file. Throws InputError when it is none.
TiffFile open_tiff(const Request& request, TiffSource& source);

}  // namespace sensorium::image_detail
