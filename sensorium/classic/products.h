#pragma once
// Products of large matrices on all threads. The work is cut by the sizes alone, so that the same operands give the
// same bytes whatever the number of threads.

#include "sensorium/classic/matrix.h"

#include <functional>

namespace sensorium::classic {

/// How many threads this room's functions use, 0 for one a processor (the default). Not to be changed while one runs.
void set_num_threads(int threads);
int num_threads();

/// A (m x k) B (k x n).
Matrix multiply(const Matrix& a, const Matrix& b);
/// A' B for A (n x p), B (n x q): sums over rows.
Matrix multiply_transposed(const Matrix& a, const Matrix& b);
/// A B' for A (m x k), B (n x k).
Matrix multiply_by_transposed(const Matrix& a, const Matrix& b);
/// A' A for A (n x p), exactly symmetric.
Matrix gram(const Matrix& a);
/// out += A' A, with A's rows `rows` of width p = out.rows() at `a`; the lower triangle is not touched. For sums over
/// blocks of rows; mirror_upper makes the result whole.
void add_gram(const double* a, Index rows, Matrix& out);
/// Copies the upper triangle to the lower.
void mirror_upper(Matrix& m);

/// Calls body(first, count) for blocks of `step` of [0, n), on all threads.
void for_blocks(Index n, Index step, const std::function<void(Index first, Index count)>& body);

}  // namespace sensorium::classic
