#pragma once
// The few functions of BLAS and LAPACK that this room uses, for row-major matrices.
//
// Note: which BLAS, and how. Debian's libopenblas0-pthread, told to use one thread: threads are ours (products.h), over
// tiles whose places depend on the sizes alone, so results have the same bytes whatever the number of threads, and no
// second OpenMP runtime meets oneDNN's. (The serial variant shares buffers between callers without a lock and gives
// wrong sums when two threads call it; where only that one is installed, calls take turns.) The library is opened at
// the first use: `sensorium --help` need not map 30 MB, and we can name its kernels. OpenBLAS 0.3.21 takes AVX2 kernels
// on AMD processors with AVX-512, at 60 % of the speed; $OPENBLAS_CORETYPE, where set, stands.

#include "sensorium/classic/matrix.h"

#include <string>

namespace sensorium::classic::blas {

/// C (m x n) = alpha op(A) op(B) + beta C, op transposing where asked; lda, ldb, ldc are distances between rows. On the
/// calling thread. Throws EnvironmentError when there is no BLAS.
void gemm(bool transpose_a, bool transpose_b, Index m, Index n, Index k, double alpha, const double* a, Index lda,
          const double* b, Index ldb, double beta, double* c, Index ldc);

/// Eigenvalues of a symmetric matrix in ascending order, its eigenvectors in the rows of `a` (dsyevd). Throws
/// InputError when it does not converge (NaN inside).
void symmetric_eigen(Matrix& a, Vector& values);

/// Thin SVD (dgesdd): u (m x r), s descending, vt (r x n), r = min(m, n). `a` is destroyed. Throws InputError when it
/// does not converge.
void thin_svd(Matrix& a, Matrix& u, Vector& s, Matrix& vt);

/// Lower Cholesky factor in place, zeros above (dpotrf); false when `a` is not positive definite.
bool cholesky(Matrix& a);

/// The library's function of that name, for code that calls BLAS by itself. Throws EnvironmentError when there is none.
void* symbol(const char* name);

/// The name of the library's kernels, for reports.
std::string core_name();

}  // namespace sensorium::classic::blas
