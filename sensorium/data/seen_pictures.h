#pragma once
// Which pictures a data set holds, kept beside what was trained on it, so that nothing is evaluated on them.

#include "sensorium/data/perceptual_hash.h"
#include "sensorium/data/record.h"

#include <optional>
#include <span>

namespace sensorium {

/// Mean colours of 4x4 cells of a thumbnail in 96 hex digits, as Record::colours has them.
std::string coarse_colours(const ColourThumbnail& colours);

/// A record whose picture is among those seen.
struct SeenMatch {
  size_t record = 0;   // index into the records looked at
  bool exact = false;  // the same bytes; else nearly the same picture
};

/// Content and perceptual hashes of pictures: 72 bytes each. Not thread-safe while pictures are added.
class SeenPictures {
 public:
  // Within which a copy stays that was recompressed or resized, and other pictures do not.
  static constexpr int kMaxBits = 6;
  static constexpr double kMaxColour = 6;
  static constexpr const char* kFile = "seen_pictures.safetensors";
  /// Does nothing for a record without hashes.
  void add(const Record& record);
  void add(const SeenPictures& others);
  size_t size() const { return content_.size() / 2; }
  /// The records whose picture has the bytes of a seen one, or looks like it: perceptual hashes that differ in at most
  /// `max_bits` bits (0 to 14) and coarse colours by at most `max_colour` of 255 on average, over the cells in which
  /// either is not white; where either side has no colours, only the same bytes count. In order, each record once.
  std::vector<SeenMatch> find(std::span<const Record> records, int max_bits, double max_colour) const;
  /// As FOLDER/seen_pictures.safetensors. Throws EnvironmentError.
  void save(const fs::path& folder) const;
  /// Nothing when the folder has no such file. Throws InputError when it is broken.
  static std::optional<SeenPictures> load(const fs::path& folder);

 private:
  std::vector<uint64_t> content_;     // (N, 2)
  std::vector<uint64_t> perceptual_;  // (N)
  std::vector<uint8_t> colours_;      // (N, 48); all 255 and 0 by turns: unknown
};

}  // namespace sensorium
