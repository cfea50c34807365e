#pragma once
// Picture files into batches of a model's output, decoded while the model works.

#include "sensorium/data/picture_batches.h"
#include "sensorium/data/tally.h"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace sensorium {

/// The pictures that a command line names, as a list (see walk_pictures). Throws InputError for a folder that cannot be
/// read.
std::vector<fs::path> find_pictures(const std::vector<std::string>& inputs);

/// B pictures to B rows of equal width, row-major.
using PixelEncoder = std::function<std::vector<float>(const Pixels&)>;

/// Rows of one batch, and which pictures they are.
struct PictureBatch {
  std::vector<size_t> indices;     // places in the stream
  std::vector<PictureItem> items;  // as many
  std::vector<float> rows;
};

struct PictureOptions {
  int batch_size = 32;
  int threads = 0;     // for decoding; 0: available_processors()
  uint64_t total = 0;  // pictures, for the progress line; 0: not known
};

/// Decodes and preprocesses the pictures of a stream, and gives the batches, of at least one picture, to `sink` in
/// order, on the calling thread. While one batch is there the next are decoded; never more than three are held, however
/// many there are. Pictures that cannot be read or decoded are counted in `skipped` by reason and left out. What the
/// stream and `sink` throw ends it and is thrown on.
void decode_pictures(PictureStream pictures, const ImageProcessor& processor, const PictureOptions& options,
                     Tally& skipped, const std::function<void(PixelBatch&)>& sink);

/// The same, encoded.
void encode_pictures(PictureStream pictures, const ImageProcessor& processor, const PixelEncoder& encode,
                     const PictureOptions& options, Tally& skipped, const std::function<void(PictureBatch&&)>& sink);

/// One warning a reason: "3 pictures skipped: expected ..., got ... (a.jpg, b.jpg, ...)".
void warn_skipped(const Tally& skipped);

}  // namespace sensorium
