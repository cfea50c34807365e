#pragma once
// Inside the io room: JPEG files read row by row, with memory that is used again.

#include "sensorium/io/image_formats.h"
#include "sensorium/io/resize.h"

#include <functional>

namespace sensorium::image_detail {

/// Consecutive rows of a picture: the first is row `y`, its first pixel is of column `left`.
struct RowBlock {
  const uint8_t* data;
  size_t stride;
  int y, count, left;
};

/// Reads one file after the other: `open`, then `read` or `read_into`. Nothing is allocated once its buffers have grown
/// to the largest picture's rows (progressive files need their coefficients as well). After an error it can be used for
/// the next file. Not thread-safe.
class JpegReader {
 public:
  JpegReader();
  ~JpegReader();
  JpegReader(const JpegReader&) = delete;

  struct Header {
    int width, height;
    int components;   // 1, 3 or 4
    int orientation;  // EXIF, 1 to 8; 1 where the request does not want it
  };
  /// Throws as decode_image does. The request has to live until the reading is done.
  Header open(const Request& request);

  /// Hands out rows from `wanted.top` to its last, at most kMaxRows at a time, of RGB or, for 1 component, of grey.
  /// They reach at least over its columns. The rest of the file is looked through as well, so that what is wrong there
  /// is an error. Not for 4 components.
  static constexpr int kMaxRows = 32;
  void read(const Window& wanted, const std::function<void(const RowBlock&)>& take);

  /// The whole picture as RGB, or grey where `channels` is 1, into an image of that size.
  void read_into(Image& image);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sensorium::image_detail
