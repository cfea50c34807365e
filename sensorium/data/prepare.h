#pragma once
// From corpora to a manifest: read, look at every picture, group near-identical ones, split, write.

#include "sensorium/data/open_sources.h"

namespace sensorium {

/// Options of `sensorium data prepare`.
struct PrepareOptions : SourceOptions {
  std::string out;
  double val = 0.1, test = 0.1;
  uint64_t seed = 0;
  std::string own_splits = "keep";
  int near_bits = 6;
  double near_colour = 12;
  int min_side = 16;
  int64_t max_pixels = 100'000'000;
  int threads = 0;
  void describe(OptionSet& o);
};

/// Reads all sources and writes the manifest to `out`, drawn pictures as PNG below out/pictures. Splits: a corpus's own
/// are kept (unless own_splits is "ignore"; a picture that nearly equals one of a stronger split, test before val
/// before train, is left out); other pictures go by group, see choose_split. Records with the same picture become one.
/// The result depends on the sources and options alone, not on `threads`. Returns the header of the manifest. On
/// failure nothing has changed in `out`. Memory: some 400 bytes a picture.
OrderedJson prepare_data(const PrepareOptions& options);

}  // namespace sensorium
