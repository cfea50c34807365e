#pragma once
// Other choices of samples than the loader's own, each a function of (seed, epoch, step) alone.

#include "sensorium/data/loader.h"

namespace sensorium {

/// Every class equally often, however many pictures it has: place i of the epoch's samples belongs to class i modulo
/// the number of classes, in an order of the classes that is new for each round, and takes the next picture of the
/// class in an order that is new each time all were taken. `classes[r]` is the class of record r (its label, for
/// instance); records with an empty class are never taken. Captions are drawn at random. Throws InputError naming
/// `source`, the folder that the records are of, when no record has a class.
Sampler class_balanced_sampler(const std::vector<Record>& records, const fs::path& source,
                               const std::vector<std::string>& classes, int batch_size, uint64_t seed);

/// Pairs of which a fraction does not match: each row gets, with probability `mismatched`, a caption of another record
/// instead of its own, never of the same group of near-identical pictures and never a text that the own record has too.
/// Otherwise as the loader's own choice for training. Batches tell mismatches by caption_record != record. Throws
/// UsageError for a fraction outside [0, 1], InputError naming `source` for fewer than two records.
Sampler mismatched_sampler(const std::vector<Record>& records, const fs::path& source, int batch_size,
                           double mismatched, uint64_t seed);

/// The labels of the records.
std::vector<std::string> labels_of(const std::vector<Record>& records);

}  // namespace sensorium
