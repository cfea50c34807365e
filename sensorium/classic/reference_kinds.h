#pragma once
// Reference values of this room's formulas, for `sensorium verify`: one kind for each group of cases.
//
// Note: tolerances. 1e-8 for closed forms in float64, 1e-6 for runs of an iteration whose every step is laid down, 1e-5
// where an optimum is found by another method than the reference's. Values are compared relative to 1 + |expected|.

#include "sensorium/classic/matrix.h"
#include "sensorium/models/reference_expected.h"

namespace sensorium::classic {

inline constexpr double kClosed = 1e-8, kIterative = 1e-6, kOptimum = 1e-5;

/// All of them.
std::vector<ExpectedKind> reference_kinds();

ExpectedKind information_kind();
ExpectedKind svd_kind();
ExpectedKind nmf_kind();
ExpectedKind cca_kind();
ExpectedKind fusion_kind();
ExpectedKind neighbours_kind();
ExpectedKind normalise_kind();

/// Cases of a group, by the keys that a check looks for: the first check whose key is expected runs.
struct ReferenceCheck {
  std::string key;  // among the expected ones
  std::function<void(const ExpectedCase&, ExpectedReport&)> run;
};
ExpectedKind kind_of_group(const std::string& group, std::vector<ReferenceCheck> checks);

/// An input as a matrix (1 dimension: a column), as a vector; values offered under a key.
Matrix input_matrix(const ExpectedCase& c, const std::string& key);
Vector input_vector(const ExpectedCase& c, const std::string& key);
void offer(ExpectedReport& report, const std::string& key, const Matrix& m, double tolerance);
void offer(ExpectedReport& report, const std::string& key, const Vector& v, double tolerance);

}  // namespace sensorium::classic
