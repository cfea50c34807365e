#pragma once
// From a fetched part to a kept file: is it what it should be, and in which form is it kept.

#include "sensorium/data/download_state.h"

namespace sensorium {

/// What is kept.
struct KeepOptions {
  std::string encode = "keep";  // "keep" the bytes, or "jpeg"
  int side = 0;                 // with "jpeg": the shorter side is brought down to this; 0: the size as it is
  int quality = 95;             // with "jpeg"
  uint64_t max_bytes = uint64_t{20} << 20;
  uint64_t max_pixels = 50'000'000;
};

/// Looks at a picture just fetched and moves it to `stem` + its ending (kPictureSuffixes), or a JPEG of it: decoded
/// upright on white, its shorter side resized by Lanczos, baseline. Fills the entry with status, size, hashes, width,
/// height and bytes; a picture that cannot be decoded (or is larger than the limits) or has another checksum becomes
/// `failed` and its part is removed. Earlier files of that stem go. Throws EnvironmentError when the disk is full.
/// Thread-safe for different stems.
void keep_picture(const fs::path& part, const fs::path& stem, const DownloadItem& item, const KeepOptions& options,
                  DownloadEntry& entry);

/// The same for a file that is kept under its own name: the checksum and, by its name, the frame of a .zip or .gz file
/// are looked at; it reaches the disk before it gets its name.
void keep_file(const fs::path& part, const fs::path& file, const DownloadItem& item, DownloadEntry& entry);

}  // namespace sensorium
