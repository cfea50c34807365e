// GIF through giflib's sequential calls; what the frames make together follows Pillow's GifImagePlugin: the first frame
// keeps its palette, from the second on the canvas is RGB, or RGBA where the first had a transparent colour.

#include "sensorium/io/image_formats.h"
#include "sensorium/io/resize.h"

#include <gif_lib.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

namespace sensorium::image_detail {
namespace {

/// What giflib reads from. One 0 byte follows the last one: it ends the data of a picture that is complete.
struct Source {
  std::span<const std::byte> rest;
  bool at_end = false;
};

int read_bytes(GifFileType* gif, GifByteType* out, int n) {
  auto& source = *static_cast<Source*>(gif->UserData);
  if (source.rest.empty() && !source.at_end && n > 0) {
    source.at_end = true;
    *out = 0;
    return 1;
  }
  const size_t count = std::min(source.rest.size(), static_cast<size_t>(std::max(n, 0)));
  if (count > 0) std::memcpy(out, source.rest.data(), count);
  source.rest = source.rest.subspan(count);
  return static_cast<int>(count);
}

/// What stands before and in a frame's descriptor.
struct FrameHeader {
  Window extent{};
  bool interlaced = false;
  const ColorMapObject* colours = nullptr;  // none where indices are greys
  const ColorMapObject* shown = nullptr;    // what a first frame is shown with: there greys yield to the file's palette
  std::optional<uint8_t> transparent;
  int duration_ms = 0;
};

/// A palette that only says what the index says anyway is none, as in Pillow.
const ColorMapObject* needed(const ColorMapObject* map) {
  for (int i = 0; map && i < map->ColorCount; ++i)
    if (map->Colors[i].Red != i || map->Colors[i].Green != i || map->Colors[i].Blue != i) return map;
  return nullptr;
}

Palette palette_of(const ColorMapObject* map) {
  Palette palette = grey_ramp();
  for (int i = 0; map && i < std::min(map->ColorCount, 256); ++i)
    palette[static_cast<size_t>(i)] = {map->Colors[i].Red, map->Colors[i].Green, map->Colors[i].Blue, 255};
  return palette;
}

void paste(const Image& part, const Window& at, Image& canvas) {
  const size_t channels = static_cast<size_t>(canvas.channels);
  const int columns = std::min(at.width, canvas.width - at.left);
  for (int y = 0; y < at.height && y + at.top < canvas.height; ++y)
    std::copy_n(part.row(y), static_cast<size_t>(std::max(columns, 0)) * channels,
                canvas.row(y + at.top) + static_cast<size_t>(at.left) * channels);
}

class Player {
 public:
  explicit Player(const Request& request) : request_(request), source_{request.bytes}, gif_(nullptr, close) {
    int error = 0;
    gif_.reset(DGifOpen(&source_, read_bytes, &error));
    if (!gif_) fail(error);
    width_ = gif_->SWidth;
    height_ = gif_->SHeight;
  }

  /// Draws the next frame; false when there is none.
  bool next() {
    const auto header = read_header();
    if (!header) {
      if (frames_ == 0) request_.fail("expected a GIF file with a picture, got none");
      return false;
    }
    if (dispose_) paste(*dispose_, dispose_extent_, canvas_);
    if (frames_ > 0 && has_palette_) leave_indices();
    prepare_disposal(*header);
    draw(*header);
    duration_ms_ = header->duration_ms;
    if (frames_++ == 0) first_transparent_ = header->transparent;
    return true;
  }

  Frame frame() const {
    if (canvas_.channels > 1) {
      Frame frame{canvas_, duration_ms_};
      if (canvas_.channels == 4 && !request_.keep_alpha) frame.image = without_alpha(canvas_);
      return frame;
    }
    const bool alpha = request_.keep_alpha && first_transparent_;
    Palette palette = palette_;
    if (alpha) palette[*first_transparent_][3] = 0;
    Frame frame{Image(canvas_.width, canvas_.height, alpha ? 4 : 3), duration_ms_};
    apply_palette(canvas_.pixels, palette, frame.image);
    return frame;
  }

 private:
  static void close(GifFileType* gif) {
    int error = 0;
    if (gif) DGifCloseFile(gif, &error);
  }

  [[noreturn]] void fail(int error) const {
    const char* text = GifErrorString(error);
    request_.fail("expected a GIF file that decodes, got: {}", text ? text : "broken data");
  }

  static Image without_alpha(const Image& rgba) {
    Image out(rgba.width, rgba.height, 3);
    for (size_t i = 0; i < out.pixels.size() / 3; ++i) std::copy_n(&rgba.pixels[4 * i], 3, &out.pixels[3 * i]);
    return out;
  }

  void read_extension(FrameHeader& header) {
    int code = 0;
    GifByteType* block = nullptr;
    if (DGifGetExtension(gif_.get(), &code, &block) == GIF_ERROR) fail(gif_->Error);
    if (code == GRAPHICS_EXT_FUNC_CODE && block && block[0] >= 4) {
      if (block[1] & 1) header.transparent = block[4];
      header.duration_ms = 10 * (block[2] | block[3] << 8);
      if (const int method = block[1] >> 2 & 7) method_ = method;  // 0 leaves what the frame before said
    }
    while (block)
      if (DGifGetExtensionNext(gif_.get(), &block) == GIF_ERROR) fail(gif_->Error);
  }

  std::optional<FrameHeader> read_header() {
    FrameHeader header;
    while (true) {
      GifRecordType type = UNDEFINED_RECORD_TYPE;
      if (DGifGetRecordType(gif_.get(), &type) == GIF_ERROR) {
        if (gif_->Error == D_GIF_ERR_WRONG_RECORD) continue;  // stray bytes between the parts
        return std::nullopt;
      }
      if (type == TERMINATE_RECORD_TYPE) return std::nullopt;
      if (type == EXTENSION_RECORD_TYPE) read_extension(header);
      if (type == IMAGE_DESC_RECORD_TYPE) break;
    }
    if (DGifGetImageDesc(gif_.get()) == GIF_ERROR) fail(gif_->Error);
    const GifImageDesc& image = gif_->Image;
    header.extent = {image.Left, image.Top, image.Width, image.Height};
    if (image.Width < 1 || image.Height < 1)
      request_.fail("expected frames of at least one pixel, got {}x{}", image.Width, image.Height);
    header.interlaced = image.Interlace;
    header.colours = needed(image.ColorMap ? image.ColorMap : gif_->SColorMap);
    header.shown = header.colours ? header.colours : needed(gif_->SColorMap);
    width_ = std::max(width_, image.Left + image.Width);
    height_ = std::max(height_, image.Top + image.Height);
    request_.check_size(static_cast<uint64_t>(width_), static_cast<uint64_t>(height_));
    return header;
  }

  /// From indices to colours, before the second frame.
  void leave_indices() {
    if (canvas_.channels > 1) return;
    Image colours(canvas_.width, canvas_.height, first_transparent_ ? 4 : 3);
    if (first_transparent_) palette_[*first_transparent_][3] = 0;
    apply_palette(canvas_.pixels, palette_, colours);
    canvas_ = std::move(colours);
    first_transparent_.reset();
  }

  /// What is to be put in this frame's place before the next one.
  void prepare_disposal(const FrameHeader& header) {
    dispose_.reset();
    dispose_extent_ = header.extent;
    const bool indexed = frames_ == 0 || canvas_.channels == 1;
    const auto fill = [&](int index, uint8_t alpha) {
      Image part(header.extent.width, header.extent.height, indexed ? 1 : canvas_.channels);
      if (indexed) {
        std::fill(part.pixels.begin(), part.pixels.end(), static_cast<uint8_t>(index));
      } else {
        Palette palette = palette_of(header.colours);
        if (header.colours && index >= header.colours->ColorCount) index = 0;
        for (auto& colour : palette) colour[3] = alpha;
        apply_palette(
            std::vector<uint8_t>(part.pixels.size() / static_cast<size_t>(part.channels), static_cast<uint8_t>(index)),
            palette, part);
      }
      dispose_ = std::move(part);
    };
    const std::optional<uint8_t> transparent = first_transparent_ ? first_transparent_ : header.transparent;
    if (method_ == DISPOSE_BACKGROUND) {
      if (transparent)
        fill(*transparent, 0);
      else
        fill(gif_->SColorMap ? gif_->SBackGroundColor : 0, 255);
    } else if (method_ >= DISPOSE_PREVIOUS) {
      if (frames_ > 0)
        dispose_ = crop(canvas_, header.extent);
      else if (header.transparent)
        fill(*header.transparent, 0);
    }
  }

  /// The frame's own pixels, of its extent, as indices.
  Image read_indices(const FrameHeader& header) {
    static constexpr struct { int first, step; } kPasses[] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
    Image indices(header.extent.width, header.extent.height, 1);
    const auto read_row = [&](int y) {
      if (DGifGetLine(gif_.get(), indices.row(y), indices.width) == GIF_ERROR) fail(gif_->Error);
    };
    if (header.interlaced) {
      for (const auto& pass : kPasses)
        for (int y = pass.first; y < indices.height; y += pass.step) read_row(y);
    } else {
      for (int y = 0; y < indices.height; ++y) read_row(y);
    }
    GifFreeSavedImages(gif_.get());  // giflib keeps a record of every frame
    gif_->SavedImages = nullptr;
    gif_->ImageCount = 0;
    return indices;
  }

  void grow_canvas(const FrameHeader& header, const Palette& palette) {
    if (canvas_.width == width_ && canvas_.height == height_) return;
    const int channels = canvas_.channels == 1 ? 1 : header.transparent ? 4 : 3;
    Image larger(width_, height_, channels);
    if (channels == 3) apply_palette(std::vector<uint8_t>(larger.pixels.size() / 3), palette, larger);
    for (int y = 0; y < canvas_.height; ++y)
      for (int x = 0; x < canvas_.width; ++x) {
        const uint8_t* from = canvas_.row(y) + x * canvas_.channels;
        uint8_t* to = larger.row(y) + x * channels;
        if (channels == 4) to[3] = canvas_.channels == 4 ? from[3] : 255;
        std::copy_n(from, std::min(channels, 3), to);
      }
    canvas_ = std::move(larger);
  }

  void draw(const FrameHeader& header) {
    const Palette palette = palette_of(header.colours);
    const Image indices = read_indices(header);
    if (frames_ == 0) {
      palette_ = palette_of(header.shown);
      canvas_ = Image(width_, height_, 1);
      if (header.transparent) std::fill(canvas_.pixels.begin(), canvas_.pixels.end(), *header.transparent);
      paste(indices, header.extent, canvas_);
      has_palette_ = header.colours != nullptr;
      return;
    }
    grow_canvas(header, palette);
    if (canvas_.channels == 1) has_palette_ = header.colours != nullptr;
    for (int y = 0; y < indices.height; ++y) {
      const uint8_t* from = indices.row(y);
      uint8_t* to = canvas_.row(y + header.extent.top) + header.extent.left * canvas_.channels;
      for (int x = 0; x < indices.width; ++x, ++from, to += canvas_.channels) {
        if (header.transparent && *from == *header.transparent) continue;
        if (canvas_.channels == 1)
          *to = *from;
        else
          std::copy_n(palette[*from].begin(), canvas_.channels, to);
      }
    }
  }

  const Request& request_;
  Source source_;
  std::unique_ptr<GifFileType, void (*)(GifFileType*)> gif_;
  int width_ = 0, height_ = 0, method_ = 0, duration_ms_ = 0;
  size_t frames_ = 0;
  Image canvas_;                              // indices (C 1) or colours, as of the last frame
  Palette palette_{};                         // of indices
  bool has_palette_ = false;                  // the canvas is indices of colours rather than greys
  std::optional<uint8_t> first_transparent_;  // while the canvas is indices
  std::optional<Image> dispose_;
  Window dispose_extent_{};
};

}  // namespace

Decoded decode_gif(const Request& request) {
  Player player(request);
  player.next();
  return {player.frame().image, 1};
}

void decode_gif_frames(const Request& request, const FrameSink& take) {
  Player player(request);
  while (player.next())
    if (!take(player.frame())) return;
}

}  // namespace sensorium::image_detail
