#pragma once
// Inside the room: items and queries as they come from outside, checked and made ready. The same for every place.

#include "sensorium/index/vector_index.h"

namespace sensorium::index {

/// `vector` with length 1. Throws InputError naming `owner` for another width, values that are not finite, or length 0.
std::vector<float> unit_vector(std::span<const float> vector, int64_t width, std::string_view owner);

/// The items with vectors of length 1; of equal ids only the last. Throws what VectorIndex::put says.
std::vector<IndexItem> checked_items(std::span<const IndexItem> items, int64_t width);

/// The direction of a query: the sum of its parts' directions by weight, with length 1. Throws what VectorIndex::search
/// says.
std::vector<float> query_direction(const IndexQuery& query, int64_t width);

/// Throws UsageError where the type needs another storage, or no width was given.
void check_options(const IndexOptions& options);

/// Throws InputError naming both where the index was made for another model. An empty `expected` is any model's.
void check_model(const std::string& place, const std::string& made_for, const std::string& expected);

/// The calibrations that a query's matches are judged by.
class MatchJudge {
 public:
  /// Throws UsageError where the query asks for a probability and none of the calibrations is of its modality.
  MatchJudge(const IndexQuery& query, std::span<const ScoreCalibration> calibrations);
  /// Fills in the match's probability; false where it is below what the query, or else the calibration, asks for.
  bool takes(IndexMatch& match) const;

 private:
  std::vector<ScoreCalibration> calibrations_;
  std::optional<double> least_;
};

}  // namespace sensorium::index
