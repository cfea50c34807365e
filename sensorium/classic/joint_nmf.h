#pragma once
// Joint NMF of several modalities: one W for all, an H each, and items of which some modalities are missing.

#include "sensorium/classic/nmf.h"

#include <cstdint>

namespace sensorium::classic {

/// What each modality is scaled to before it is factored: so none outweighs another by its units.
inline constexpr double kJointNorm = 100;

struct JointNmf {
  Matrix w;               // (n x k)
  std::vector<Matrix> h;  // (k x p_m), of the scaled modality
  Vector scales;          // (m): Frobenius norms of the modalities over the items that have them
  int iterations = 0;
  double error = 0;  // over what is present, scaled

  /// Coordinates (n x k) of items from modality m alone, or from those given: nonnegative least squares. Rows as they
  /// were before scaling. Throws InputError for another width.
  Matrix coordinates(size_t m, const Matrix& rows) const;
  /// What modality m should look like at coordinates (n x k), in its own units.
  Matrix predict(size_t m, const Matrix& coordinates) const;
};

/// J = [100 X_1 / ||X_1||, ...] ~ W [H_1, ...] by coordinate descent. present[m][i] = 0 leaves item i out of modality m
/// (its row there is not looked at): it shapes neither H_m nor its own W through it. Empty `present`: all are there.
/// The start is (n x k), (k x p_1 + p_2 + ...). Throws InputError for differing row counts, negative values, a modality
/// without a value above 0, or an item of which nothing is present.
JointNmf fit_joint_nmf(const std::vector<Matrix>& modalities, const std::vector<std::vector<uint8_t>>& present,
                       const NmfStart& start, const NmfOptions& options);

/// A random start from the seed.
NmfStart joint_random_start(const std::vector<Matrix>& modalities, Index k, uint64_t seed);

}  // namespace sensorium::classic
