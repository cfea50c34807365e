#include "sensorium/io/image_pipeline.h"

#include "sensorium/io/image_jpeg.h"
#include "sensorium/io/resize_scratch.h"

#include <algorithm>
#include <functional>

namespace sensorium {

using image_detail::JpegReader;
using image_detail::Request;
using image_detail::RowBlock;
using namespace resize_detail;

struct ImagePipeline::Parts {
  Parts(const ImageProcessor& processor, const DecodeOptions& options) : processor(processor), options(options) {}
  const ImageProcessor& processor;
  DecodeOptions options;
  JpegReader reader;
  ResizeScratch scratch;
  Image picture, resized;
  std::vector<uint8_t> row;

  bool run_jpeg(const Request& request, uint8_t* out);
  void stream(const ImageGeometry& g, int channels, const Axis& horizontal, const Axis& vertical, uint8_t* out);
};

/// Decodes rows and takes each through the horizontal pass while it is in the cache; then the vertical pass, whose
/// rows go straight to the output.
void ImagePipeline::Parts::stream(const ImageGeometry& g, int channels, const Axis& horizontal, const Axis& vertical,
                                  uint8_t* out) {
  ResizeScratch::Parts& parts = scratch.parts();
  Pass &across = parts.across, &down = parts.down;
  Image& between = parts.between;
  const Resample filter = processor.config().resample;
  const bool keep_columns = horizontal.is_identity(), keep_rows = vertical.is_identity();
  if (!keep_columns) across.prepare(horizontal, filter);
  if (!keep_rows) down.prepare(vertical, filter);
  const int left = keep_columns ? horizontal.begin : across.first;
  const int width = keep_columns ? horizontal.end - left : across.end - left;
  const int top = keep_rows ? vertical.begin : down.first, height = keep_rows ? vertical.end - top : down.end - top;
  if (!keep_columns || !keep_rows) between.reshape(g.kept.width, height, channels);
  const auto take = [&](const RowBlock& block) {
    const uint8_t* from = block.data + (left - block.left) * channels;
    const int y = block.y - top;
    if (keep_columns && keep_rows) {
      for (int i = 0; i < block.count; ++i, from += block.stride) processor.place_row(from, channels, g, y + i, out);
    } else if (keep_columns) {
      for (int i = 0; i < block.count; ++i, from += block.stride)
        std::copy_n(from, between.stride(), between.row(y + i));
    } else {
      resample_rows(from, block.stride, block.count, channels, across, parts.buffers, between.row(y), between.stride());
    }
  };
  reader.read({left, top, width, height}, std::ref(take));  // by reference, for a function object would be allocated
  if (keep_columns && keep_rows) return;
  row.resize(between.stride());
  for (int y = 0; y < g.kept.height; ++y) {
    if (!keep_rows) resample_column(between.row(0), between.stride(), between.stride(), down, y, row.data());
    processor.place_row(keep_rows ? between.row(y) : row.data(), channels, g, y, out);
  }
}

/// False for what is not a plain JPEG file.
bool ImagePipeline::Parts::run_jpeg(const Request& request, uint8_t* out) {
  const JpegReader::Header header = reader.open(request);
  if (header.components == 4 || header.orientation != 1) return false;
  const ImageGeometry g = processor.geometry(header.width, header.height);
  const int channels = header.components;
  const ResizePlan plan{g.width, g.height, processor.config().resample, std::nullopt, g.kept};
  const auto [horizontal, vertical] = plan_axes(header.width, header.height, plan);
  const bool both = !horizontal.is_identity() && !vertical.is_identity();
  if (plan.filter != Resample::nearest && !(both && vertical_first(horizontal, vertical))) {
    processor.fill_padding(g, out);
    stream(g, channels, horizontal, vertical, out);
    return true;
  }
  picture.reshape(header.width, header.height, channels);
  reader.read_into(picture);
  processor.process(picture, out, scratch, resized);
  return true;
}

ImagePipeline::ImagePipeline(const ImageProcessor& processor, const DecodeOptions& options)
    : parts_(std::make_unique<Parts>(processor, options)) {}
ImagePipeline::~ImagePipeline() = default;
ImagePipeline::ImagePipeline(ImagePipeline&&) noexcept = default;

void ImagePipeline::run(std::span<const std::byte> bytes, std::string_view name, uint8_t* out) {
  Parts& p = *parts_;
  constexpr std::byte kStart[] = {std::byte{0xff}, std::byte{0xd8}, std::byte{0xff}};
  if (bytes.size() <= p.options.limits.bytes && bytes.size() >= 3 && std::equal(kStart, kStart + 3, bytes.begin())) {
    const Request request{bytes, name, p.options.limits, true, p.options.apply_exif_orientation};
    if (p.run_jpeg(request, out)) return;
  }
  p.processor.process(decode_image_alpha(bytes, name, p.options), out, p.scratch, p.resized);
}

ImagePipeline ImagePipelines::take() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return ImagePipeline(processor_, options_);
  ImagePipeline pipeline = std::move(idle_.back());
  idle_.pop_back();
  return pipeline;
}

void ImagePipelines::run(std::span<const std::byte> bytes, std::string_view name, uint8_t* out) {
  ImagePipeline pipeline = take();
  pipeline.run(bytes, name, out);
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(pipeline));
}

}  // namespace sensorium
