#pragma once
// The second pass of cleaning: which pictures are left out as duplicates, and of what.

#include "sensorium/data/clean_pass.h"

namespace sensorium {

/// What becomes of each picture.
struct PictureFate {
  enum Kind : uint8_t { keep, exact, near, cropped };
  Kind kind = keep;
  uint32_t of = 0;       // the picture it is a duplicate of
  int bits = 0;          // near: how many bits the hashes differ in
  float similarity = 1;  // cropped: correlation
};

/// Decides by content, then by near-identity, then by parts. Of a group the picture of the strongest split stays, then
/// the first; what stays is never called a duplicate of what goes.
std::vector<PictureFate> decide_pictures(const Cleaned& cleaned, const CleanDataOptions& options);

}  // namespace sensorium
