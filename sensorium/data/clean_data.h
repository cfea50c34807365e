#pragma once
// From a corpus, or a prepared folder, to a manifest without what is broken, doubtful or there twice.

#include "sensorium/data/caption_rules.h"
#include "sensorium/data/open_sources.h"

namespace sensorium {

/// Options of `sensorium data clean`.
struct CleanDataOptions : SourceOptions {
  std::string out;
  CaptionRules captions;
  int max_repeats = 0;
  std::string repeated_urls = "drop";
  std::string exact_pictures = "merge";
  std::string near_pictures = "drop";
  int near_bits = 6;
  double near_colour = 12;
  std::string cropped_pictures = "keep";
  std::string near_captions = "keep";
  double caption_similarity = 0.7;
  std::vector<std::string> against;
  int min_side = 16;
  int64_t max_pixels = 100'000'000;
  double max_aspect = 0;
  int threads = 0;
  void describe(OptionSet& o);
};

/// Reads all sources, applies the rules, and writes the manifest to `out` with duplicates.jsonl, one line for each
/// record or caption that was left out as a duplicate: what kind, of what, how near. Of near-identical pictures the one
/// in the strongest split stays (test before val before train), then the first. Splits are never changed, so cleaning
/// before `data prepare` splits what is left. Records with an address and no picture are checked by their texts alone;
/// sources of nothing else are streamed: memory is 24 bytes a caption and address, otherwise some 400 bytes a picture.
/// The result depends on the sources and options alone, not on `threads`. Returns the manifest's header, in which
/// everything left out is counted. On failure nothing has changed in `out`.
OrderedJson clean_data(const CleanDataOptions& options);

}  // namespace sensorium
