// WebP through libwebp: still pictures, and the first frame of animations.

#include "sensorium/io/image_formats.h"

#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <memory>

namespace sensorium::image_detail {
namespace {

const char* describe(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY:
      return "a picture that does not fit in memory";
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      return "a truncated file";
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return "an unsupported feature";
    default:
      return "broken data";
  }
}

void check(const Request& request, VP8StatusCode status) {
  if (status != VP8_STATUS_OK) request.fail("expected a WebP file that decodes, got: {}", describe(status));
}

void decode_still(const Request& request, Image& out) {
  WebPDecoderConfig config;
  WebPInitDecoderConfig(&config);
  config.output.colorspace = out.channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {out.pixels.data(), static_cast<int>(out.stride()), out.pixels.size()};
  check(request, WebPDecode(request.data(), request.bytes.size(), &config));
}

/// Every frame as it is shown, (H, W, 4) of the whole animation's size, to `take`, until that returns false.
template <class Take>
void play(const Request& request, Take take) {
  const WebPData data{request.data(), request.bytes.size()};
  const std::unique_ptr<WebPAnimDecoder, void (*)(WebPAnimDecoder*)> decoder(WebPAnimDecoderNew(&data, nullptr),
                                                                             WebPAnimDecoderDelete);
  uint8_t* canvas = nullptr;
  int end_ms = 0, start_ms = 0;
  if (!decoder) request.fail("expected a WebP file that decodes, got: no first frame");
  do {
    if (!WebPAnimDecoderGetNext(decoder.get(), &canvas, &end_ms))
      request.fail("expected a WebP file that decodes, got: a broken frame");
    if (!take(canvas, end_ms - start_ms)) return;
    start_ms = end_ms;
  } while (WebPAnimDecoderHasMoreFrames(decoder.get()));
}

void copy_canvas(const uint8_t* canvas, Image& out) {
  uint8_t* to = out.pixels.data();
  for (size_t i = 0; i < out.pixels.size() / static_cast<size_t>(out.channels); ++i)
    to = std::copy_n(canvas + 4 * i, out.channels, to);
}

int find_orientation(const Request& request) {
  const WebPData data{request.data(), request.bytes.size()};
  const std::unique_ptr<WebPDemuxer, void (*)(WebPDemuxer*)> demuxer(WebPDemux(&data), WebPDemuxDelete);
  WebPChunkIterator chunk;
  if (!demuxer || !WebPDemuxGetChunk(demuxer.get(), "EXIF", 1, &chunk)) return 1;
  const int orientation = exif_orientation({chunk.chunk.bytes, chunk.chunk.size});
  WebPDemuxReleaseChunkIterator(&chunk);
  return orientation;
}

/// What is known before decoding, and an image of the right size.
std::pair<WebPBitstreamFeatures, Image> prepare(const Request& request) {
  WebPBitstreamFeatures features;
  check(request, WebPGetFeatures(request.data(), request.bytes.size(), &features));
  request.check_size(static_cast<uint64_t>(features.width), static_cast<uint64_t>(features.height));
  return {features, Image(features.width, features.height, request.keep_alpha && features.has_alpha ? 4 : 3)};
}

}  // namespace

Decoded decode_webp(const Request& request) {
  auto [features, image] = prepare(request);
  Decoded decoded;
  if (features.has_animation)
    play(request, [&image = image](const uint8_t* canvas, int) {
      copy_canvas(canvas, image);
      return false;
    });
  else
    decode_still(request, image);
  decoded.image = std::move(image);
  if (request.want_orientation) decoded.orientation = find_orientation(request);
  return decoded;
}

void decode_webp_frames(const Request& request, const FrameSink& take) {
  auto [features, image] = prepare(request);
  if (!features.has_animation) {
    decode_still(request, image);
    take({std::move(image), 0});
    return;
  }
  play(request, [&take, &image = image](const uint8_t* canvas, int duration_ms) {
    copy_canvas(canvas, image);
    return take({image, duration_ms});
  });
}

}  // namespace sensorium::image_detail
