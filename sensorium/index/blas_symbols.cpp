// FAISS is a static library that calls BLAS and LAPACK by name. These are those names, and lead to the library that
// classic/blas.h opens when one is first called: `sensorium --help` maps no OpenBLAS, and its threads stay ours.

#include "sensorium/classic/blas.h"

namespace {

template <class... A>
int forward(void* function, A... arguments) {
  return reinterpret_cast<int (*)(A...)>(function)(arguments...);
}

}  // namespace

#pragma GCC visibility push(hidden)
extern "C" {

#define SENSORIUM_SYMBOL(name) static void* const function = sensorium::classic::blas::symbol(#name)
using P = const void*;

int sgemm_(P a, P b, P c, P d, P e, P f, P g, P h, P i, P j, P k, P l, P m) {
  SENSORIUM_SYMBOL(sgemm_);
  return forward(function, a, b, c, d, e, f, g, h, i, j, k, l, m);
}
int dgemm_(P a, P b, P c, P d, P e, P f, P g, P h, P i, P j, P k, P l, P m) {
  SENSORIUM_SYMBOL(dgemm_);
  return forward(function, a, b, c, d, e, f, g, h, i, j, k, l, m);
}
int ssyrk_(P a, P b, P c, P d, P e, P f, P g, P h, P i, P j) {
  SENSORIUM_SYMBOL(ssyrk_);
  return forward(function, a, b, c, d, e, f, g, h, i, j);
}
int dsyev_(P a, P b, P c, P d, P e, P f, P g, P h, P i) {
  SENSORIUM_SYMBOL(dsyev_);
  return forward(function, a, b, c, d, e, f, g, h, i);
}
int sgesvd_(P a, P b, P c, P d, P e, P f, P g, P h, P i, P j, P k, P l, P m, P n) {
  SENSORIUM_SYMBOL(sgesvd_);
  return forward(function, a, b, c, d, e, f, g, h, i, j, k, l, m, n);
}
int dgesvd_(P a, P b, P c, P d, P e, P f, P g, P h, P i, P j, P k, P l, P m, P n) {
  SENSORIUM_SYMBOL(dgesvd_);
  return forward(function, a, b, c, d, e, f, g, h, i, j, k, l, m, n);
}
int sgelsd_(P a, P b, P c, P d, P e, P f, P g, P h, P i, P j, P k, P l, P m, P n) {
  SENSORIUM_SYMBOL(sgelsd_);
  return forward(function, a, b, c, d, e, f, g, h, i, j, k, l, m, n);
}
int sgeqrf_(P a, P b, P c, P d, P e, P f, P g, P h) {
  SENSORIUM_SYMBOL(sgeqrf_);
  return forward(function, a, b, c, d, e, f, g, h);
}
int sorgqr_(P a, P b, P c, P d, P e, P f, P g, P h, P i) {
  SENSORIUM_SYMBOL(sorgqr_);
  return forward(function, a, b, c, d, e, f, g, h, i);
}
int sgetrf_(P a, P b, P c, P d, P e, P f) {
  SENSORIUM_SYMBOL(sgetrf_);
  return forward(function, a, b, c, d, e, f);
}
int dgetrf_(P a, P b, P c, P d, P e, P f) {
  SENSORIUM_SYMBOL(dgetrf_);
  return forward(function, a, b, c, d, e, f);
}
int sgetri_(P a, P b, P c, P d, P e, P f, P g) {
  SENSORIUM_SYMBOL(sgetri_);
  return forward(function, a, b, c, d, e, f, g);
}
int dgetri_(P a, P b, P c, P d, P e, P f, P g) {
  SENSORIUM_SYMBOL(dgetri_);
  return forward(function, a, b, c, d, e, f, g);
}
}
#pragma GCC visibility pop
