#include "sensorium/data/download_keep.h"

#include "sensorium/base/hash.h"
#include "sensorium/data/download_checksum.h"
#include "sensorium/data/download_transfer.h"
#include "sensorium/data/perceptual_hash.h"
#include "sensorium/data/shard_writer.h"
#include "sensorium/io/image_encode.h"
#include "sensorium/io/resize.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <optional>

namespace sensorium {
namespace {

void fail(DownloadEntry& entry, DownloadReason reason, const fs::path& part) {
  remove_part(part);
  entry.status = DownloadStatus::failed;
  entry.reason = reason;
}

/// Index into kPictureSuffixes.
uint8_t format_of(std::string_view bytes) {
  const auto place = std::find(kPictureSuffixes.begin(), kPictureSuffixes.end(), picture_extension(bytes));
  return place == kPictureSuffixes.end() ? 0 : static_cast<uint8_t>(place - kPictureSuffixes.begin());
}

/// The picture on white as RGB; nothing when it cannot be decoded.
std::optional<Image> decode(const std::string& bytes, const KeepOptions& options) {
  DecodeOptions decoding;
  decoding.limits = {options.max_bytes, options.max_pixels};
  decoding.apply_exif_orientation = options.encode == "jpeg";
  try {
    return composite_on(decode_image_alpha(std::as_bytes(std::span(bytes)), "picture", decoding));
  } catch (const InputError&) {
    return std::nullopt;
  }
}

/// `image` brought to the wanted size, as a JPEG file; nothing when JPEG cannot hold it.
std::optional<std::string> to_jpeg(Image& image, const KeepOptions& options) {
  const int shorter = std::min(image.width, image.height);
  if (options.side > 0 && shorter > options.side) {
    const double scale = static_cast<double>(options.side) / shorter;
    const auto scaled = [&](int n) { return std::max(1, static_cast<int>(std::lround(n * scale))); };
    image = resize(image, scaled(image.width), scaled(image.height), Resample::lanczos);
  }
  try {
    return encode_jpeg(image, options.quality);
  } catch (const UsageError&) {
    return std::nullopt;
  }
}

/// Writes without waiting for the disk: a file that a crash of the machine loses is fetched again.
void write_quickly(const fs::path& file, const std::string& bytes) {
  std::FILE* out = std::fopen(file.c_str(), "wbe");
  const bool good = out && std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size();
  const int error = errno;
  if ((out && std::fclose(out) != 0) || !good)
    throw EnvironmentError("data download", "{}: expected to write, got: {}", file.string(), std::strerror(error));
}

void move_into_place(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error)
    throw EnvironmentError("data download", "{}: expected to rename into place, got: {}", to.string(), error.message());
}

bool checksum_differs(const fs::path& part, const DownloadItem& item) {
  return !item.checksum.empty() && checksum_of_file(part, item.checksum) != item.checksum;
}

/// Whether a .zip has its directory at the end, a .gz its magic at the start; true for other names.
bool frame_is_whole(const fs::path& file, const std::string& name) {
  const MappedFile map(file);
  const std::string_view bytes(reinterpret_cast<const char*>(map.bytes().data()), map.bytes().size());
  if (name.ends_with(".gz") || name.ends_with(".tgz")) return bytes.starts_with("\x1f\x8b");
  if (!name.ends_with(".zip")) return true;
  constexpr size_t kTail = 22 + 65535;  // the end record and the longest comment
  const std::string_view tail = bytes.substr(bytes.size() - std::min(bytes.size(), kTail));
  return bytes.starts_with("PK") && tail.find(std::string_view("PK\5\6", 4)) != std::string_view::npos;
}

void reach_the_disk(const fs::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  const bool good = fd >= 0 && ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!good)
    throw EnvironmentError("data download", "{}: expected to reach the disk, got: {}", file.string(),
                           std::strerror(error));
}

}  // namespace

void keep_picture(const fs::path& part, const fs::path& stem, const DownloadItem& item, const KeepOptions& options,
                  DownloadEntry& entry) {
  if (checksum_differs(part, item)) return fail(entry, DownloadReason::checksum, part);
  std::string bytes = read_file(part, options.max_bytes);
  fs::path kept = part;
  auto image = decode(bytes, options);
  if (!image) return fail(entry, DownloadReason::broken_picture, part);
  if (options.encode == "jpeg") {
    auto jpeg = to_jpeg(*image, options);
    if (!jpeg) return fail(entry, DownloadReason::broken_picture, part);
    bytes = std::move(*jpeg);
    kept = fs::path(part) += ".jpg";  // not over the part, which a kill might leave to be gone on with
    write_quickly(kept, bytes);
  }
  entry.status = DownloadStatus::done;
  entry.reason = DownloadReason::none;
  entry.bytes = bytes.size();
  entry.hash = hash_bytes(content_hash(bytes));
  entry.perceptual_hash = perceptual_hash(*image);
  entry.width = static_cast<uint32_t>(image->width);
  entry.height = static_cast<uint32_t>(image->height);
  entry.format = format_of(bytes);
  make_directories(stem.parent_path());
  std::error_code ignored;
  for (const char* suffix : kPictureSuffixes)
    if (suffix != std::string_view(kPictureSuffixes[entry.format])) fs::remove(stem.string() + "." + suffix, ignored);
  move_into_place(kept, stem.string() + "." + kPictureSuffixes[entry.format]);
  remove_part(part);
}

void keep_file(const fs::path& part, const fs::path& file, const DownloadItem& item, DownloadEntry& entry) {
  if (checksum_differs(part, item)) return fail(entry, DownloadReason::checksum, part);
  if (!frame_is_whole(part, item.name)) return fail(entry, DownloadReason::broken_archive, part);
  entry.status = DownloadStatus::done;
  entry.reason = DownloadReason::none;
  entry.bytes = fs::file_size(part);
  entry.format = kOwnName;
  entry.hash = hash_bytes(content_hash_of_file(part));
  reach_the_disk(part);
  make_directories(file.parent_path());
  move_into_place(part, file);
  remove_part(part);
}

}  // namespace sensorium
