#include "sensorium/data/measure.h"

#include "sensorium/base/hash.h"
#include "sensorium/data/picture_file.h"
#include "sensorium/data/seen_pictures.h"
#include "sensorium/data/write_plain.h"
#include "sensorium/io/image_encode.h"

#include <algorithm>
#include <charconv>

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
  const PictureFile file(item.record.image);
  hash = content_hash(as_text(file.bytes()));
  return composite_on(decode_image_alpha(file.bytes(), item.record.image));
}

bool is_white(const Image& image) {
  return std::all_of(image.pixels.begin(), image.pixels.end(), [](uint8_t v) { return v == 255; });
}

}  // namespace

Measured measure(Item& item, const MeasureOptions& options, CropPrint* crop) {
  Record& record = item.record;
  if (!is_utf8(record.id) || !is_utf8(record.image)) return left_out("file name is not UTF-8", record.id);
  if (options.need_text && says_nothing(record)) return left_out("no caption", record.id);
  if (!item.render) {
    if (record.image.empty()) return left_out("picture at an address (not downloaded)", record.url);
    if (!picture_exists(record.image)) return left_out("missing picture", record.image);
    std::error_code error;
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
  const double longer = std::max(image.width, image.height), shorter = std::min(image.width, image.height);
  if (options.max_aspect > 0 && longer > options.max_aspect * shorter) return left_out("too narrow picture", what);
  if (item.render && is_white(image)) return left_out("blank drawing", what);
  record.width = image.width;
  record.height = image.height;
  record.perceptual_hash = perceptual_hash(image);
  if (item.render) {
    write_plain(options.drawn_folder / (record.id + ".png"), encode_png(image));
    record.image = (options.drawn_prefix / (record.id + ".png")).string();
  }
  const ColourThumbnail colours = colour_thumbnail(image);
  record.colours = coarse_colours(colours);
  if (crop) *crop = crop_print(image);
  Measured good;
  good.fingerprint = {hash_words(record.hash), record.perceptual_hash,
                      item.family.empty() ? 0 : stable_hash(item.family), colours};
  return good;
}

}  // namespace sensorium
