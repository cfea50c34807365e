#pragma once
// Files to a model's input in one go: decode, RGB, resize, crop, channels apart.

#include "sensorium/io/image_processor.h"

#include <mutex>

namespace sensorium {

/// A processor with the memory for one picture after the other: `run` gives exactly what
/// `processor.process(decode_image_alpha(...))` gives. JPEG files are resized while they are decoded, only where the
/// crop looks, and once the buffers have grown to the largest picture nothing is allocated for them (but for
/// progressive and CMYK ones); other formats allocate in their decoders. One per thread; the processor has to outlive
/// it.
class ImagePipeline {
 public:
  explicit ImagePipeline(const ImageProcessor& processor, const DecodeOptions& options = {});
  ~ImagePipeline();
  ImagePipeline(ImagePipeline&&) noexcept;

  /// A file's bytes to pixels (3, height, width) in `out`. `name` stands in errors. Throws what decode_image and
  /// ImageProcessor::process throw; `out` is then undefined, and the pipeline good for the next file.
  void run(std::span<const std::byte> bytes, std::string_view name, uint8_t* out);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// As many pipelines as threads call it at once, made when they are needed. Thread-safe; the processor has to outlive
/// it.
class ImagePipelines {
 public:
  explicit ImagePipelines(const ImageProcessor& processor, const DecodeOptions& options = {})
      : processor_(processor), options_(options) {}
  /// ImagePipeline::run.
  void run(std::span<const std::byte> bytes, std::string_view name, uint8_t* out);

 private:
  ImagePipeline take();
  const ImageProcessor& processor_;
  DecodeOptions options_;
  std::mutex mutex_;
  std::vector<ImagePipeline> idle_;
};

}  // namespace sensorium
