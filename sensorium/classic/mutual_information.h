#pragma once
// Mutual information of discrete variables, of Gaussians, and its lower bounds from a critic. In nats.

#include "sensorium/classic/matrix.h"

#include <numbers>
#include <string>

namespace sensorium::classic {

inline double to_bits(double nats) {
  return nats / std::numbers::ln2;
}

/// From a table of counts (values of x down, of y across); 0 log 0 = 0.
struct DiscreteInformation {
  double h_x = 0, h_y = 0, h_xy = 0;
  double mutual = 0;                 // H(X) + H(Y) - H(X, Y), never below 0
  double h_x_given_y = 0;            // H(X, Y) - H(Y)
  double variation = 0;              // 2 H(X, Y) - H(X) - H(Y)
  Index values_x = 0, values_y = 0;  // that occur
};

/// Throws InputError naming row and column of a count that is negative or not finite, and for a table of zeros.
DiscreteInformation discrete_information(const Matrix& counts);

/// What I is divided by: a mean of H(X) and H(Y).
enum class EntropyMean { arithmetic, geometric, min, max };
/// I over that mean; 0 when I is 0, but 1 when both variables have one value (as scikit-learn has it).
double normalised_information(const DiscreteInformation& information, EntropyMean mean);

/// (I - E[I]) / (arithmetic mean - E[I]), E over tables of the same margins (Vinh, Epps, Bailey, "Information theoretic
/// measures for clusterings comparison", 2010). Counts have to be whole numbers.
double adjusted_information(const Matrix& counts);

/// Table of counts of two lists of values, in sorted order of the values.
Matrix contingency(std::span<const int64_t> x, std::span<const int64_t> y);
Matrix contingency(const std::vector<std::string>& x, const std::vector<std::string>& y);

/// 1/2 ln(|Sxx| |Syy| / |S|) of a joint covariance whose first `dim_x` variables are x. Throws InputError when a block
/// is not positive definite.
double gaussian_information(const Matrix& covariance, Index dim_x);
/// -1/2 sum ln(1 - rho^2); infinite for |rho| = 1.
double gaussian_information(const Vector& correlations);
/// Canonical correlations of the two blocks of a covariance.
Vector covariance_correlations(const Matrix& covariance, Index dim_x);

/// Lower bounds from scores f[i][j] = f(x_i, y_j) of N pairs (Poole et al., "On variational bounds of mutual
/// information", 2019).
struct InformationBounds {
  double infonce = 0;           // mean_i [f_ii - ln sum_j exp f_ij] + ln N; at most ln N
  double infonce_columns = 0;   // of the transpose
  double symmetric = 0;         // their mean
  double clip_loss = 0;         // ln N - symmetric
  double limit = 0;             // ln N
  double donsker_varadhan = 0;  // mean f_ii - ln mean_{i != j} exp f_ij
  double nwj = 0;               // mean f_ii - e^-1 mean_{i != j} exp f_ij
};
/// Throws InputError unless `scores` is square with N >= 2.
InformationBounds information_bounds(const Matrix& scores);

}  // namespace sensorium::classic
