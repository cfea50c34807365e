#pragma once
// The examples of one split, pictures with their captions, and which of them make up a batch.

#include "sensorium/base/rng.h"
#include "sensorium/data/loader.h"
#include "sensorium/data/manifest.h"
#include "sensorium/data/seen_pictures.h"

#include <cstdint>

namespace sensorium {

/// The captioned records of a split, in the manifest's order. Captions are numbered through: those of record i are
/// first_caption[i] .. first_caption[i + 1] - 1. Memory grows with the records (paths and texts), not with pictures.
struct PairData {
  fs::path folder;
  std::vector<Record> records;
  std::vector<int64_t> first_caption;

  int64_t picture_count() const { return static_cast<int64_t>(records.size()); }
  int64_t caption_count() const { return first_caption.back(); }
  /// The record that a caption belongs to. Logarithmic.
  int64_t owner(int64_t caption) const;
  const std::string& text(int64_t caption) const;
  /// The texts of several captions.
  std::vector<std::string> texts(std::span<const int64_t> captions) const;
};

/// Throws InputError when the split holds fewer than two captioned pictures, naming the splits there are.
PairData load_pairs(const fs::path& manifest, const std::string& split, const std::vector<std::string>& languages);

/// The pictures of the data, with those that the checkpoints in `starts` (may be "") had seen: kept with each
/// checkpoint trained on them, so that nothing is evaluated on them. Throws InputError for a broken file.
SeenPictures seen_pictures(const PairData& data, std::initializer_list<std::string> starts);

/// For each picture the captions of other pictures that the model confuses with it: [pictures, candidates]; empty
/// before the first search.
struct HardNegatives {
  int64_t candidates = 0;
  std::vector<int64_t> captions;
};

/// The captions of one batch, picture by picture: `owner` is the row of the picture that each was drawn for, `match` 0
/// where a mismatched caption stands instead of its own.
struct DrawnCaptions {
  std::vector<int64_t> captions, owner;
  std::vector<float> match;
};

/// Batches as a function of their number alone, so that a run can be continued anywhere: each epoch is a new
/// permutation of the pictures, and what does not fill a batch is left out; or, balanced, every class of the records'
/// labels comes equally often (see class_balanced_sampler), and a picture of a small class comes again and again,
/// within a batch too where the class has fewer pictures than the batch takes of it. Thread-safe.
class PairSampler {
 public:
  struct Settings {
    int64_t batch_size = 256, captions_per_picture = 1;
    double mismatched = 0;  // the part of the rows that get another picture's captions, evenly spread
    uint64_t seed = 0;
    bool balanced = false;  // classes instead of pictures equally often
  };
  /// The data must outlive the sampler. Throws UsageError when there are fewer pictures than a batch holds, InputError
  /// when classes are to be balanced and no record has a label.
  PairSampler(const PairData& data, const Settings& settings);
  int64_t batches_per_epoch() const { return data_.picture_count() / settings_.batch_size; }
  /// The pictures of batch `number`, counted from 0 over all epochs; all different, unless classes are balanced.
  std::vector<int64_t> pictures(int64_t number) const;
  /// Captions for the pictures of batch `number`, at random among each one's own.
  DrawnCaptions captions(int64_t number, std::span<const int64_t> pictures, const HardNegatives& hard = {}) const;

 private:
  int64_t mismatch(int64_t picture, CounterRng& rng, const HardNegatives& hard) const;
  const PairData& data_;
  Settings settings_;
  Sampler balanced_;  // empty: pictures
};

}  // namespace sensorium
