#pragma once
// Figures of generated pictures and captions, from features, embeddings or probabilities.

#include <cstdint>
#include <span>
#include <vector>

namespace sensorium {

/// N feature vectors of width D, row-major.
struct FeatureRows {
  std::span<const double> values;
  int64_t width = 0;
  int64_t count() const { return width == 0 ? 0 : static_cast<int64_t>(values.size()) / width; }
  std::span<const double> row(int64_t i) const {
    return values.subspan(static_cast<size_t>(i * width), static_cast<size_t>(width));
  }
};

/// A Gaussian fitted to features: covariance (D x D, row-major) divided by n - 1.
struct FeatureGaussian {
  std::vector<double> mean, covariance;
};
/// Throws InputError for fewer than 2 rows or values that are not finite.
FeatureGaussian fit_gaussian(const FeatureRows& features);

/// tr (A B)^(1/2) = sum of the roots of the eigenvalues of A^(1/2) B A^(1/2), those below 0 by rounding taken as 0.
double trace_of_root(const FeatureGaussian& a, const FeatureGaussian& b);

/// |m1 - m2|^2 + tr C1 + tr C2 - 2 tr (C1 C2)^(1/2) (Heusel et al., "GANs trained by a two time-scale update rule
/// converge to a local Nash equilibrium", 2017). Singular covariances are fine. Throws InputError for widths that
/// differ.
double frechet_distance(const FeatureGaussian& a, const FeatureGaussian& b);

/// Unbiased squared maximum mean discrepancy with the kernel (x . y / D + 1)^3 (Binkowski et al., "Demystifying MMD
/// GANs", 2018). Throws InputError for fewer than 2 rows a side or widths that differ. Cost: (N + M)^2 D / 2.
double kernel_distance(const FeatureRows& x, const FeatureRows& y);

/// Mean and deviation (divided by n).
struct MeanDeviation {
  double mean = 0, deviation = 0;
};
MeanDeviation mean_deviation(std::span<const double> values);

/// kernel_distance of `subsets` random subsets of `size` rows a side (at most all of them), drawn by the seed.
std::vector<double> kernel_distance_subsets(const FeatureRows& x, const FeatureRows& y, int subsets, int64_t size,
                                            uint64_t seed);

/// exp(mean_i KL(p_i || mean p)) (Salimans et al., "Improved techniques for training GANs", 2016), for rows of K class
/// probabilities; 0 ln 0 = 0. Throws InputError for negative values and for no rows.
double inception_score(const FeatureRows& probabilities);
/// One score for each of `splits` runs of rows, as equal as numpy.array_split makes them, each with its own mean.
std::vector<double> inception_scores(const FeatureRows& probabilities, int splits);

/// CLIPScore (Hessel et al., 2021): 2.5 max(cos, 0) of picture and caption; with references the harmonic mean of that
/// and the largest max(cos, 0) of caption and reference.
struct ClipScores {
  std::vector<double> cosine, score;                      // of each pair
  std::vector<double> reference_cosine, reference_score;  // largest cosine and RefCLIPScore; empty without references
};
/// Embeddings (N x D) need no unit length; cosines are in double precision, 0 with a zero vector. `references` is
/// (N x R x D), or empty. Throws InputError for shapes that do not fit.
ClipScores clip_scores(std::span<const float> pictures, std::span<const float> captions,
                       std::span<const float> references, int64_t width);

}  // namespace sensorium
