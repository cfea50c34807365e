#pragma once
// The first pass of preparing: every item of every source is looked at, in parallel, in bounded batches.

#include "sensorium/data/measure.h"
#include "sensorium/data/spill.h"

#include <unordered_map>

namespace sensorium {

/// What the first pass knows: the records (without group and final split) and a fingerprint of each, in order.
struct Collected {
  RecordSpill records;
  std::vector<Fingerprint> fingerprints;
  std::vector<uint8_t> own_split;  // index into split_names; 0: none
  std::vector<std::string> split_names{""};
  Tally tally;
};

/// Reads all sources in order. The result does not depend on `threads` (0: one a processor). Ids that occur again get
/// "#2", "#3", ... Memory: about 250 bytes a picture and one batch of items.
void collect(const std::vector<Source>& sources, const MeasureOptions& options, int threads, Collected& out);

}  // namespace sensorium
