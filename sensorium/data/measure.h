#pragma once
// Looking at one picture: can it be read, how large is it, what does it resemble.

#include "sensorium/data/crop_hash.h"
#include "sensorium/data/grouping.h"
#include "sensorium/data/source.h"

namespace sensorium {

/// What a picture must be, and where drawn ones are written.
struct MeasureOptions {
  int min_side = 16;
  int64_t max_pixels = 100'000'000;
  double max_aspect = 0;  // longer side by shorter side; 0: any
  bool need_text = true;  // leave out records that say nothing
  fs::path drawn_folder;  // drawn pictures become drawn_folder/<id>.png
  fs::path drawn_prefix;  // and the record says drawn_prefix/<id>.png
};

/// The outcome for one item: a fingerprint, or why it is left out.
struct Measured {
  Fingerprint fingerprint;
  std::string reason, example;  // reason empty: the picture is good
};

/// Decodes or draws the picture on white, fills the record's size, hashes and image path, and writes a drawn picture.
/// Fills `crop`, if given, of a good picture. Throws only EnvironmentError (full disk). Thread-safe for different
/// items.
Measured measure(Item& item, const MeasureOptions& options, CropPrint* crop = nullptr);

}  // namespace sensorium
