#pragma once
// The steps that fit_nmf and fit_joint_nmf share. Factors stand transposed here: wt is (k x n).

#include "sensorium/classic/matrix.h"

#include <functional>

namespace sensorium::classic {

/// One sweep of coordinate descent over the components of `count` columns of `w` (rows `ldw` apart), given the gradient
/// there, `gradient` (k x count, destroyed), and G (k x k): w_t = max(w_t - gradient_t / G_tt, 0) for t = 0 ... k-1,
/// the gradient following each step. Returns the sum of the projected gradient's magnitudes.
double descend(const Matrix& g, Matrix& gradient, double* w, Index ldw, Index count);

/// What some rows add up to: x w' (p x k, k padded to a multiple of 8) and w w' (k x k).
struct NmfSums {
  Matrix products, gram;
};

/// A modality: its rows and its components.
struct NmfPart {
  const Matrix* x;
  Matrix h;                        // (k x p)
  std::vector<NmfSums> sums = {};  // of each group of rows; kept, so that an iteration asks for no memory
};

/// Consecutive rows that the same parts are known of.
struct NmfSegment {
  Index first, count;
  std::vector<size_t> parts;
};

struct NmfPenalty {
  double l1_w = 0, l2_w = 0, l1_h = 0, l2_h = 0;
};

/// One iteration of coordinate descent, W then each H. Returns the sum of the projected gradients' magnitudes.
double descend_all(std::vector<NmfPart>& parts, const std::vector<NmfSegment>& segments, Matrix& wt,
                   const NmfPenalty& penalty);

/// One iteration of multiplicative updates, W then H.
void update_frobenius(const Matrix& x, Matrix& wt, Matrix& h);
void update_kullback_leibler(const Matrix& x, Matrix& wt, Matrix& h);

/// Calls body(group, first, count) for blocks of rows of [0, n); each group's blocks run in order on one thread, and
/// groups are cut by n alone. `groups(n)` says how many there are.
Index nmf_groups(Index n);
void for_nmf_blocks(Index n, const std::function<void(size_t group, Index first, Index count)>& body);

}  // namespace sensorium::classic
