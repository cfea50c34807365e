#pragma once
// Cosines to probabilities that a match is meant, learnt from judged pairs.

#include "sensorium/base/json.h"

#include <cstdint>
#include <span>
#include <string>

namespace sensorium {

/// P(meant | score) = 1 / (1 + exp(-(slope * score + offset))), for queries of one modality against vectors of one
/// kind.
struct ScoreCalibration {
  std::string modality;  // "text", "picture", ...
  std::string kind;      // "picture", "caption", ...
  double slope = 1, offset = 0;
  double cut_off = 0;  // probability below which a match is left out, unless the query says otherwise
  int64_t pairs = 0;   // that it was learnt from
  double probability(double score) const;
};

/// With everything in it; and back. The latter throws InputError naming `source`.
OrderedJson to_json(const ScoreCalibration& calibration);
ScoreCalibration calibration_from_json(const Json& json, std::string_view source);

/// Slope and offset by maximum likelihood on scores and whether each was meant, with Platt's smoothed targets (Platt,
/// "Probabilistic outputs for support vector machines", 1999; the Newton iteration of Lin, Lin and Weng, "A note on
/// Platt's probabilistic outputs", 2007). Throws InputError for sides of different length, scores that are not finite,
/// or when all or none was meant. The slope may come out negative: then the scores say nothing, which the caller should
/// refuse.
ScoreCalibration fit_calibration(std::span<const double> scores, std::span<const uint8_t> meant);

}  // namespace sensorium
