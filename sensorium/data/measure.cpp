#include "sensorium/data/measure.h"

#include "sensorium/base/hash.h"
#include "sensorium/io/image_encode.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>

namespace sensorium {
namespace {

Measured left_out(std::string reason, std::string example) {
  return {{}, std::move(reason), std::move(example)};
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Pixels on white, and the content hash, of the record's picture.
Image look(const Item& item, std::string& hash) {
  if (item.render) {
    Image image = composite_on(item.render());
    const std::string_view pixels(reinterpret_cast<const char*>(image.pixels.data()), image.pixels.size());
    hash = content_hash(fmt::format("{}x{}:", image.width, image.height).append(pixels));
    return image;
  }
  const MappedFile file(item.record.image);
  hash = content_hash(as_text(file.bytes()));
  return composite_on(decode_image_alpha(file.bytes(), item.record.image));
}

std::array<uint64_t, 2> hash_words(const std::string& hex) {
  std::array<uint64_t, 2> words{};
  for (size_t i = 0; i < 2; ++i) std::from_chars(hex.data() + 16 * i, hex.data() + 16 * (i + 1), words[i], 16);
  return words;
}

bool is_white(const Image& image) {
  return std::all_of(image.pixels.begin(), image.pixels.end(), [](uint8_t v) { return v == 255; });
}

/// No sync for each of thousands of pictures: the manifest that names them is written, and synced, after them.
void write_drawn(const fs::path& path, const Image& image) {
  make_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  const std::string png = encode_png(image);
  out.write(png.data(), static_cast<std::streamsize>(png.size()));
  out.close();
  if (!out) throw EnvironmentError("write", "{}: expected to write, got: {}", path.string(), std::strerror(errno));
}

}  // namespace

Measured measure(Item& item, const MeasureOptions& options) {
  Record& record = item.record;
  if (!is_utf8(record.id) || !is_utf8(record.image)) return left_out("file name is not UTF-8", record.id);
  if (record.captions.empty()) return left_out("no caption", record.id);
  std::error_code error;
  if (!item.render) {
    if (!fs::exists(record.image, error)) return left_out("missing picture", record.image);
    if (fs::file_size(record.image, error) == 0 && !error) return left_out("empty file", record.image);
  }
  Image image;
  try {
    image = look(item, record.hash);
  } catch (const InputError& e) {
    return left_out("broken picture", e.what());
  }
  const std::string what = fmt::format("{} ({}x{})", record.id, image.width, image.height);
  if (std::min(image.width, image.height) < options.min_side) return left_out("too small picture", what);
  if (int64_t{image.width} * image.height > options.max_pixels) return left_out("too large picture", what);
  if (item.render && is_white(image)) return left_out("blank drawing", what);
  record.width = image.width;
  record.height = image.height;
  record.perceptual_hash = perceptual_hash(image);
  if (item.render) {
    write_drawn(options.drawn_folder / (record.id + ".png"), image);
    record.image = (options.drawn_prefix / (record.id + ".png")).string();
  }
  Measured good;
  good.fingerprint = {hash_words(record.hash), record.perceptual_hash,
                      item.family.empty() ? 0 : stable_hash(item.family), colour_thumbnail(image)};
  return good;
}

}  // namespace sensorium
