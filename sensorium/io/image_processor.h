#pragma once
// A model's own image preprocessing, read from the configuration that lies beside its weights.

#include "sensorium/base/json.h"
#include "sensorium/io/pixels.h"
#include "sensorium/io/resize.h"

#include <array>

namespace sensorium {

/// What is done to a picture, in this order: alpha, resize, crop, scale, normalise. The last two are a table of what
/// each byte becomes: a picture stays bytes until a model looks them up.
struct ImageProcessorConfig {
  /// Whose arithmetic is followed where two references differ in the last place.
  /// transformers: alpha is composited on white first; the crop's offset is rounded down; values are scaled in double.
  /// torchvision (open_clip): alpha is dropped after the crop; the offset is rounded to even; x / 255 in float32.
  enum class Convention { transformers, torchvision };
  enum class ResizeMode {
    none,
    exact,         // to resize_height x resize_width, whatever the shape
    shortest_edge  // the shorter side to resize_height, keeping the shape
  };

  Convention convention = Convention::transformers;
  std::string type = "CLIPImageProcessor";  // of transformers
  bool convert_rgb = true;
  ResizeMode resize = ResizeMode::shortest_edge;
  int resize_height = 224, resize_width = 224;
  double crop_pct = 0;  // ConvNext: below 384, the shorter side goes to resize_height / crop_pct first; 0: not used
  Resample resample = Resample::bicubic;
  bool crop = true;
  int crop_height = 224, crop_width = 224;
  bool rescale = true;
  double rescale_factor = 1.0 / 255.0;
  bool normalize = true;
  std::array<double, 3> mean = {0.48145466, 0.4578275, 0.40821073}, std = {0.26862954, 0.26130258, 0.27577711};

  bool operator==(const ImageProcessorConfig&) const = default;
};

/// Where the pixels of a picture go.
struct ImageGeometry {
  int width, height;      // what it is resized to
  Window kept;            // the part of that which the crop keeps
  int out_left, out_top;  // where that part lies in the output; the rest of the output is padding
};

/// Turns pictures into a model's input. Immutable; thread-safe.
class ImageProcessor {
 public:
  /// Throws InputError, prefixed by `source`, for settings that leave the output's size open or contradict each other.
  explicit ImageProcessor(const ImageProcessorConfig& config, std::string_view source = "image processor");

  /// From a `preprocessor_config.json` of CLIP, ChineseCLIP, Siglip, ViT, DeiT, Bit, Blip or ConvNext (with the
  /// defaults of that type in transformers). Throws InputError naming `source` for other types, unknown settings that
  /// are not null or false, and values of a wrong type or range.
  static ImageProcessor from_json(const Json& config, std::string_view source);

  /// From the `preprocess_cfg` of an `open_clip_config.json`; `image_size` (model_cfg.vision_cfg) is a number or
  /// [height, width], and used where the former names no "size". Throws InputError.
  static ImageProcessor from_open_clip(const Json& preprocess_cfg, const Json& image_size, std::string_view source);

  /// From `preprocessor_config.json` in a folder, or else `open_clip_config.json`. Throws InputError.
  static ImageProcessor load(const fs::path& folder);

  /// As `preprocessor_config.json`; from_json(to_json()) gives the same processor back (of transformers' convention).
  OrderedJson to_json() const;

  const ImageProcessorConfig& config() const { return config_; }
  int height() const { return height_; }
  int width() const { return width_; }
  /// Bytes of one output: 3 * height * width.
  size_t output_size() const { return 3 * static_cast<size_t>(height_) * static_cast<size_t>(width_); }

  /// What each byte of an output becomes: rescaled and normalised, in the reference's arithmetic.
  const std::shared_ptr<const PixelTable>& table() const { return table_; }
  /// Room for `count` outputs of it, in `memory` where that is large enough; what they hold is not specified.
  Pixels pixels(size_t count, std::vector<uint8_t> memory = {}) const;

  /// (H, W, C) uint8, C in 1 (repeated), 3, 4 (see Convention; read pictures with `read_image_alpha`), to pixels
  /// (3, height, width) in `out`, whose values by the table equal the reference's bit for bit. Only what the crop keeps
  /// is resized. Throws InputError for an empty picture.
  void process(const Image& image, uint8_t* out) const;

  /// The same with memory that is used again: `resized` is for the resized part.
  void process(const Image& image, uint8_t* out, ResizeScratch& scratch, Image& resized) const;

  /// The same for one picture alone.
  Pixels process(const Image& image) const;

  /// For a picture of that size. Throws InputError for an empty picture, or one that would become too large.
  ImageGeometry geometry(int width, int height) const;

  /// The steps after resizing, in parts: padding, where there is any, and row `y` of the kept part, of 1 (repeated), 3
  /// or 4 channels (the last is dropped), to its place in `out`.
  void fill_padding(const ImageGeometry& geometry, uint8_t* out) const;
  void place_row(const uint8_t* row, int channels, const ImageGeometry& geometry, int y, uint8_t* out) const;

  /// Only the steps after resizing, for an RGB picture that already is height x width (a training crop). Other sizes
  /// are a UsageError.
  void place(const Image& image, uint8_t* out) const;

 private:
  Window crop_window(int resized_width, int resized_height) const;
  ImageProcessorConfig config_;
  int height_ = 0, width_ = 0;
  std::shared_ptr<const PixelTable> table_;
};

}  // namespace sensorium
