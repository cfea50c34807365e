#pragma once
// Reference values of this room's figures, for `sensorium verify`: one kind for each group of cases.
//
// Note: tolerances. 1e-9 for closed forms in float64, 1e-6 where a reference or we take roots of eigenvalues near 0 or
// stop at a step; values are compared relative to 1 + |expected|.

#include "sensorium/models/reference_expected.h"

namespace sensorium {

inline constexpr double kClosedForm = 1e-9, kRounded = 1e-6;

/// Classification, retrieval, captions, statistics, generation.
std::vector<ExpectedKind> metric_case_kinds();

ExpectedKind classification_kind();
ExpectedKind retrieval_kind();
ExpectedKind caption_kind();
ExpectedKind statistics_kind();
ExpectedKind generation_kind();

/// A kind for a group's cases: the first check whose key is expected, or among the inputs, runs.
struct MetricCheck {
  std::string key;
  std::function<void(const ExpectedCase&, ExpectedReport&)> run;
};
ExpectedKind metric_kind(const std::string& group, std::vector<MetricCheck> checks);

}  // namespace sensorium
