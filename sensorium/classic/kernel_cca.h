#pragma once
// Kernel CCA through explicit features of landmarks.

#include "sensorium/classic/cca.h"

namespace sensorium::classic {

enum class KernelType { linear, rbf, polynomial };

/// k(x, y) = x'y, exp(-gamma |x - y|^2), or (gamma x'y + coef0)^degree.
struct Kernel {
  KernelType type = KernelType::rbf;
  double gamma = 1, coef0 = 1;
  int degree = 3;
};

/// (n x m) kernel values of rows x and rows y.
Matrix kernel_matrix(const Kernel& kernel, const Matrix& x, const Matrix& y);

/// phi(x) = k(x - mean, landmarks) K_LL^-1/2 (Williams, Seeger, "Using the Nystroem method to speed up kernel
/// machines", 2001). With every training row a landmark the inner products are the kernel's own, and what follows is
/// exact.
struct KernelFeatures {
  Kernel kernel;
  Vector mean;                                 // (p)
  Matrix landmarks;                            // (m x p), centred
  Matrix root;                                 // (m x r)
  Matrix transform(const Matrix& rows) const;  // (n x r)
};

/// `count` landmarks of the rows, chosen by the seed; 0 or at least n: all.
KernelFeatures fit_kernel_features(const Matrix& rows, const Kernel& kernel, Index count, uint64_t seed);

/// CCA with shrinkage in those features. Signs: view 1's training score of largest magnitude is positive.
struct KernelCca {
  std::vector<KernelFeatures> features;
  LinearViews views;
  Matrix transform(size_t view, const Matrix& rows) const {
    return views.transform(view, features.at(view).transform(rows));
  }
};

/// Throws as fit_cca, and UsageError for a shrinkage of 0 with every row a landmark, where all correlations are 1.
KernelCca fit_kernel_cca(const Matrix& view1, const Matrix& view2, Index k, const std::vector<Kernel>& kernels,
                         double shrinkage, Index landmarks = 0, uint64_t seed = 0);

}  // namespace sensorium::classic
