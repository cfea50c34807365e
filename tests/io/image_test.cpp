#include "sensorium/io/image.h"

#include "sensorium/io/image_encode.h"
#include "tests/io/golden.h"

#include <doctest/doctest.h>

#include <set>

using namespace sensorium;
using namespace sensorium::test;

namespace {

std::vector<Frame> frames_of(const fs::path& path) {
  const MappedFile file(path);
  std::vector<Frame> frames;
  decode_frames(file.bytes(), path.string(), [&](const Frame& frame) {
    frames.push_back(frame);
    return true;
  });
  return frames;
}

}  // namespace

TEST_CASE("decoding equals Pillow's pixel for pixel") {
  const GoldenSet golden("decoded");
  int checked = 0;
  for (const Json& entry : golden.entries) {
    const std::string file = entry.at("file");
    CAPTURE(file);
    const fs::path path = image_goldens() / file;
    const auto tensor = [&](const char* key) { return image_of(golden.tensors.at(entry.at(key).at("key"))); };
    if (!entry.at("rgb").at("key").is_null()) {
      CHECK(read_image(path) == tensor("rgb"));
      ++checked;
    }
    if (entry.contains("rgba")) CHECK(read_image_alpha(path) == tensor("rgba"));
    if (entry.contains("rgb_on_white")) CHECK(composite_on(read_image_alpha(path)) == tensor("rgb_on_white"));
    if (entry.contains("frame1")) {
      const std::vector<Frame> frames = frames_of(path);
      REQUIRE(frames.size() == entry.at("frames").get<size_t>());
      CHECK(frames[0].image == tensor("rgb"));
      CHECK(frames[1].image == tensor("frame1"));
      CHECK(frames[1].duration_ms == 100);
    }
    if (entry.contains("rgb_exif_transposed")) {
      DecodeOptions options;
      options.apply_exif_orientation = true;
      CHECK(read_image(path, options) == tensor("rgb_exif_transposed"));
    }
  }
  CHECK(checked >= 20);
}

TEST_CASE("broken files are refused where Pillow refuses them, and the rest decodes to the same pixels") {
  const GoldenSet golden("bad");
  int refused = 0;
  for (const Json& entry : golden.entries) {
    const std::string file = entry.at("file");
    CAPTURE(file);
    const fs::path path = image_goldens() / file;
    if (entry.at("ok") == true) {
      CHECK(read_image(path) == image_of(golden.tensors.at(entry.at("key"))));
    } else {
      const std::string error = error_of([&] { read_image(path); });
      CHECK(error.rfind("[image] " + path.string() + ": expected ", 0) == 0);
      ++refused;
    }
  }
  CHECK(refused >= 20);
}

TEST_CASE("what is wrong with a file is said") {
  const auto error = [](const std::string& name) {
    return error_of([&] { read_image(image_goldens() / "bad" / name); }, image_goldens());
  };
  CHECK(error("zero_bytes.jpg") ==
        "[image] DIR/bad/zero_bytes.jpg: expected JPEG, PNG, WebP, GIF, BMP or TIFF, got an empty file");
  CHECK(error("html.png") ==
        "[image] DIR/bad/html.png: expected JPEG, PNG, WebP, GIF, BMP or TIFF, got a file that starts with 3c 21 64 6f "
        "63 74 79 70");
  CHECK(error("riff_not_webp.webp") ==
        "[image] DIR/bad/riff_not_webp.webp: expected JPEG, PNG, WebP, GIF, BMP or TIFF, got a file that starts with "
        "52 49 46 46 24 00 "
        "00 00");
  CHECK(error("truncated_half.jpg") ==
        "[image] DIR/bad/truncated_half.jpg: expected a JPEG file that decodes, got: a truncated file");
  CHECK(error("truncated_progressive.jpg") ==
        "[image] DIR/bad/truncated_progressive.jpg: expected a JPEG file that decodes, got: a truncated file");
  CHECK(error("jpeg_zero_width.jpg") ==
        "[image] DIR/bad/jpeg_zero_width.jpg: expected a JPEG file that decodes, got: Empty JPEG image (DNL not "
        "supported)");
  CHECK(error("jpeg_declared_65500.jpg") ==
        "[image] DIR/bad/jpeg_declared_65500.jpg: expected at most 178956970 pixels, got 65500x65500");
  CHECK(error("absurd_max.png") ==
        "[image] DIR/bad/absurd_max.png: expected at most 178956970 pixels, got 2147483647x2147483647");
  CHECK(error("large_10000x10000.png") ==
        "[image] DIR/bad/large_10000x10000.png: expected a PNG file that decodes, got: too few bytes for 10000x10000 "
        "pixels");
  CHECK(error("truncated_header.png") ==
        "[image] DIR/bad/truncated_header.png: expected a PNG file that decodes, got: a truncated file");
  CHECK(error("no_idat.png") == "[image] DIR/bad/no_idat.png: expected a PNG file that decodes, got: no pixel data");
  CHECK(error("wrong_crc_ihdr.png") ==
        "[image] DIR/bad/wrong_crc_ihdr.png: expected a PNG file that decodes, got: a wrong checksum in IHDR");
  CHECK(error("truncated.webp") ==
        "[image] DIR/bad/truncated.webp: expected a WebP file that decodes, got: a truncated file");
  CHECK(error("truncated.gif") ==
        "[image] DIR/bad/truncated.gif: expected a GIF file that decodes, got: Failed to read from given file");
  CHECK(error("truncated.bmp") ==
        "[image] DIR/bad/truncated.bmp: expected a BMP file that decodes, got: a truncated file");
  CHECK(error("bmp_negative_huge.bmp") ==
        "[image] DIR/bad/bmp_negative_huge.bmp: expected at most 178956970 pixels, got 1073741824x1073741824");
  CHECK(error("text_bomb.png") ==
        "[image] DIR/bad/text_bomb.png: expected at most 1048576 bytes of text in a PNG chunk, got more in zTXt");
  CHECK(error("missing.png") == "[read] DIR/bad/missing.png: expected a readable file, got: No such file or directory");
}

TEST_CASE("limits on bytes and pixels hold for every format") {
  DecodeOptions options;
  for (const std::string name : {"jpeg_444_q30_3x7.jpg", "png_interlaced_3x7.png", "webp_lossy_q30_37x53.webp",
                                 "gif_37x53.gif", "bmp_palette_37x53.bmp", "tiff_lzw_37x53.tif"}) {
    CAPTURE(name);
    const fs::path path = image_goldens() / "files" / name;
    options.limits = {};
    const Image image = read_image(path, options);
    const uint64_t pixels = static_cast<uint64_t>(image.width) * static_cast<uint64_t>(image.height);
    options.limits.pixels = pixels;
    CHECK(read_image(path, options) == image);
    options.limits.pixels = pixels - 1;
    CHECK(error_of([&] { read_image(path, options); }) ==
          fmt::format("[image] {}: expected at most {} pixels, got {}x{}", path.string(), pixels - 1, image.width,
                      image.height));
    options.limits.bytes = 10;
    CHECK(error_of([&] { read_image(path, options); }) ==
          fmt::format("[image] {}: expected at most 10 bytes, got {}", path.string(), fs::file_size(path)));
  }
}

TEST_CASE("every truncation of a file is an error or a picture, never a crash") {
  for (const std::string name :
       {"jpeg_progressive_444_q95_37x53.jpg", "png_interlaced_3x7.png", "png_palette_4bit_37x53.png",
        "webp_lossy_alpha_37x53.webp", "jpeg_exif6_37x53.jpg", "webp_exif6_37x53.webp", "gif_animated_37x53.gif",
        "bmp_rgba_37x53.bmp", "tiff_lzw_37x53.tif", "tiff_jpeg_37x53.tif"}) {
    const std::string whole = read_file(image_goldens() / "files" / name);
    DecodeOptions options;
    options.apply_exif_orientation = true;
    for (size_t n = 0; n < whole.size(); n += 1 + whole.size() / 300) {
      const auto bytes = std::as_bytes(std::span(whole.data(), n));
      error_of([&] { decode_image_alpha(bytes, name, options); });
    }
    for (size_t i = 0; i < whole.size(); i += 1 + whole.size() / 300) {
      std::string changed = whole;
      changed[i] = static_cast<char>(~changed[i]);
      options.limits.pixels = 1 << 20;
      error_of([&] { decode_image_alpha(std::as_bytes(std::span(changed)), name, options); });
    }
  }
}

TEST_CASE("pictures are written and read again") {
  for (const int channels : {1, 3, 4}) {
    Image image(5, 3, channels);
    for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(17 * i);
    const std::string png = encode_png(image);
    const Image back = decode_image_alpha(std::as_bytes(std::span(png)), "x.png");
    if (channels != 1) CHECK(back == image);
    if (channels == 1) CHECK(back.pixels[3] == image.pixels[1]);
  }
  Image flat(40, 30);
  std::fill(flat.pixels.begin(), flat.pixels.end(), uint8_t{90});
  const std::string jpeg = encode_jpeg(flat, 95);
  CHECK(decode_image(std::as_bytes(std::span(jpeg)), "x.jpg") == flat);
  CHECK(is_known_image(std::as_bytes(std::span(jpeg))));
  CHECK_FALSE(is_known_image({}));
  CHECK(error_of([] { encode_jpeg(Image(2, 2, 4)); }) == "[image] expected 1 or 3 channels to write, got 4");
  CHECK(error_of([] { encode_jpeg(Image(65501, 1)); }) ==
        "[image] expected 1 to 65500 pixels a side for JPEG, got 65501x1");
  CHECK(error_of([] { encode_png(Image()); }) == "[image] expected at least 1x1 pixels, got 0x0");
  CHECK(error_of([] { encode_png(Image(2, 2, 2)); }) == "[image] expected 1, 3 or 4 channels to write, got 2");
}
