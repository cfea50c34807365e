#pragma once
// Decompositions, with one convention for signs and order.
//
// Note: signs. In each component the entry of largest absolute value is positive (the first of equals). Singular values
// and eigenvalues come in descending order.

#include "sensorium/classic/matrix.h"

#include <string_view>

namespace sensorium::classic {

/// A = U diag(s) Vt.
struct Svd {
  Matrix u;   // (n x r)
  Vector s;   // (r), descending
  Matrix vt;  // (r x p)
};

/// Thin SVD of any matrix, r = min(n, p). Signs by the rows of vt (see the note). Throws InputError when it does not
/// converge.
Svd thin_svd(Matrix a);

/// How many singular values count: those above s[0] max(n, p) 2^-52.
Index numerical_rank(const Vector& s, Index n, Index p);

/// Moore-Penrose inverse (p x n), singular values below 1e-10 s[0] taken as zero.
Matrix pseudo_inverse(const Svd& svd);

/// Values in descending order, vectors in columns. Signs are those of LAPACK.
struct EigenPairs {
  Vector values;
  Matrix vectors;
};
EigenPairs symmetric_eigen(Matrix a);

/// A map W (p x r) with W' R W = I for a symmetric positive semidefinite R, r its rank. Columns are brought to one
/// scale first, so that units do not decide the rank; eigenvalues of that below max(p, 16) 2^-48 are left out, columns
/// of no variance get weight 0. Throws InputError naming `operation` for R = 0.
Matrix whitener(const Matrix& r, std::string_view operation);

/// +1 or -1 for each row (or column), which makes its entry of largest magnitude positive.
Vector row_signs(const Matrix& m);
Vector column_signs(const Matrix& m);

/// An orthonormal basis (n x r) of the columns of a tall matrix, by Cholesky of the Gram matrix twice (Yamamoto et al.,
/// "Roundoff error analysis of the CholeskyQR2 algorithm", 2015), by SVD where that fails; r is the rank then.
Matrix orthonormal_columns(Matrix a);

/// log |A| of a symmetric positive definite matrix. Throws InputError naming `operation` for others.
double log_determinant(Matrix a, std::string_view operation);

/// X with A X = B, for symmetric positive definite A. Throws InputError naming `operation` for others.
Matrix solve_positive(Matrix a, const Matrix& b, std::string_view operation);

}  // namespace sensorium::classic
