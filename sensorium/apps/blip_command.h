#pragma once
// What the commands on BLIP models share: how texts are written, which pictures.

#include "sensorium/base/options.h"
#include "sensorium/data/pictures.h"
#include "sensorium/models/rt/blip_model.h"

namespace sensorium {

/// How texts are written, as options of a command. The defaults are the paper's for captions, but for `min_tokens`.
struct WritingOptions {
  int64_t beams = 3, max_tokens = 20, min_tokens = 0, no_repeat_ngram = 0, top_k = 0, count = 1;
  double length_penalty = 1, repetition_penalty = 1, temperature = 1, top_p = 0.9, min_p = 0;
  std::string early_stopping = "no";
  bool sample = false;
  uint64_t seed = 0;
  void describe(OptionSet& o);
  GenerationOptions generation(const BlipTextConfig& config) const;
};

/// Where a command finds its pictures.
struct PictureInputs {
  std::vector<std::string> inputs;
  std::string data, split;
  void describe(OptionSet& o);
  /// The pictures in their order: inputs (files, folders, and JSONL lists of objects with "image", a path from the
  /// list's folder, and perhaps "id"), then the prepared folder. Adds their number to `total` where it is known. Throws
  /// UsageError "[operation] ..." when nothing is named, InputError for lists that are none.
  PictureStream open(const std::string& operation, uint64_t& total) const;
};

/// Decoded pictures in batches, with a progress line; broken ones are counted, and said at the end. Throws InputError
/// "[operation] ..." when none was good.
void for_each_pixels(const std::string& operation, PictureStream pictures, const ImageProcessor& processor,
                     const PictureOptions& options,
                     const std::function<void(const PixelBatch&, const rt::Tensor& pixels)>& use);

/// One JSON line on standard output; bytes that are no UTF-8 are replaced.
void print_json_line(const OrderedJson& line);

}  // namespace sensorium
