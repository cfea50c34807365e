#pragma once
// The first pass of cleaning: every record by itself, in parallel, in bounded batches.

#include "sensorium/data/clean_data.h"
#include "sensorium/data/crop_hash.h"
#include "sensorium/data/hash_counts.h"
#include "sensorium/data/manifest.h"
#include "sensorium/data/measure.h"
#include "sensorium/data/spill.h"
#include "sensorium/data/statistics.h"

namespace sensorium {

/// What the first pass leaves: either records in the manifest already, or all in `records` for a second pass.
struct Cleaned {
  RecordSpill records;
  std::vector<uint32_t> picture;          // of each record: index into the three below, or kNoPicture
  std::vector<Fingerprint> fingerprints;  // of each picture
  std::vector<CropPrint> crops;           // likewise, when crops are looked for
  std::vector<uint8_t> split_rank;        // likewise: 0 test, 1 val, 2 train, 3 other or none
  DataStatistics statistics;              // of what was streamed
  Tally tally;
  bool has_pictures = false;  // some record names a picture that is there
};
inline constexpr uint32_t kNoPicture = ~uint32_t{0};

/// Reads all sources in order. With `stream`, records go straight to it; otherwise to out.records.
void clean_records(const std::vector<Source>& sources, const CleanDataOptions& options, const fs::path& drawn,
                   const fs::path& drawn_prefix, ManifestWriter* stream, Cleaned& out);

}  // namespace sensorium
