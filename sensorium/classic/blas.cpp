#include "sensorium/classic/blas.h"

#include "sensorium/base/error.h"

#include <dlfcn.h>

#include <cstdlib>
#include <limits>
#include <mutex>

namespace sensorium::classic::blas {
namespace {

struct Library {
  void* handle;
  void (*dgemm)(const char*, const char*, const int*, const int*, const int*, const double*, const double*, const int*,
                const double*, const int*, const double*, double*, const int*);
  void (*dsyevd)(const char*, const char*, const int*, double*, const int*, double*, double*, const int*, int*,
                 const int*, int*);
  void (*dgesdd)(const char*, const int*, const int*, double*, const int*, double*, double*, const int*, double*,
                 const int*, double*, const int*, int*, int*);
  void (*dpotrf)(const char*, const int*, double*, const int*, int*);
  char* (*core)();
  bool takes_turns = false;
};

template <class F>
void find(void* handle, const char* name, F& function) {
  function = reinterpret_cast<F>(dlsym(handle, name));
  if (!function) throw EnvironmentError("blas", "expected {} in libopenblas.so.0, got none", name);
}

Library open_library() {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd"))
    setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
  setenv("OPENBLAS_NUM_THREADS", "1", 0);  // for the variants that have threads
  void* handle = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    throw EnvironmentError("blas", "expected the library libopenblas.so.0 (Debian: libopenblas0-pthread), got none: {}",
                           dlerror());
  Library library{};
  library.handle = handle;
  find(handle, "dgemm_", library.dgemm);
  find(handle, "dsyevd_", library.dsyevd);
  find(handle, "dgesdd_", library.dgesdd);
  find(handle, "dpotrf_", library.dpotrf);
  find(handle, "openblas_get_corename", library.core);
  void (*set_threads)(int);
  find(handle, "openblas_set_num_threads", set_threads);
  set_threads(1);
  int (*parallel)();
  find(handle, "openblas_get_parallel", parallel);
  library.takes_turns = parallel() == 0;
  return library;
}

const Library& library() {
  static const Library opened = open_library();
  return opened;
}

/// Held during a call where the library's buffers are not safe.
std::unique_lock<std::mutex> turn() {
  static std::mutex mutex;
  return library().takes_turns ? std::unique_lock(mutex) : std::unique_lock<std::mutex>();
}

int to_int(Index n) {
  if (n > std::numeric_limits<int>::max())
    throw InputError("blas", "expected a matrix of fewer than 2^31 rows and columns, got {}", n);
  return static_cast<int>(n);
}

void require_converged(int info, const char* what) {
  SENSORIUM_ASSERT(info >= 0);
  if (info > 0) throw InputError("blas", "expected a matrix whose {} converges, got one that does not", what);
}

}  // namespace

void gemm(bool transpose_a, bool transpose_b, Index m, Index n, Index k, double alpha, const double* a, Index lda,
          const double* b, Index ldb, double beta, double* c, Index ldc) {
  if (m == 0 || n == 0) return;
  // Row-major C = A B is column-major C' = B' A'.
  const char ta = transpose_a ? 'T' : 'N', tb = transpose_b ? 'T' : 'N';
  const int im = to_int(m), in = to_int(n), ik = to_int(k);
  const int ia = std::max(to_int(lda), 1), ib = std::max(to_int(ldb), 1), ic = std::max(to_int(ldc), 1);
  const auto held = turn();
  library().dgemm(&tb, &ta, &in, &im, &ik, &alpha, b, &ib, a, &ia, &beta, c, &ic);
}

void symmetric_eigen(Matrix& a, Vector& values) {
  SENSORIUM_ASSERT(a.rows() == a.cols());
  const int n = to_int(a.rows());
  values.resize(n);
  if (n == 0) return;
  const auto held = turn();
  int lwork = -1, liwork = -1, info = 0, iwork_size = 0;
  double work_size = 0;
  library().dsyevd("V", "U", &n, a.data(), &n, values.data(), &work_size, &lwork, &iwork_size, &liwork, &info);
  lwork = static_cast<int>(work_size);
  liwork = iwork_size;
  std::vector<double> work(static_cast<size_t>(lwork));
  std::vector<int> iwork(static_cast<size_t>(liwork));
  library().dsyevd("V", "U", &n, a.data(), &n, values.data(), work.data(), &lwork, iwork.data(), &liwork, &info);
  require_converged(info, "eigenvalue decomposition");
}

void thin_svd(Matrix& a, Matrix& u, Vector& s, Matrix& vt) {
  // Column-major, `a` is A' (n x m) = V S U': its left vectors are our rows of vt, its right ones our columns of u.
  const int m = to_int(a.rows()), n = to_int(a.cols()), r = std::min(m, n);
  u.resize(m, r);
  s.resize(r);
  vt.resize(r, n);
  if (r == 0) return;
  const auto held = turn();
  int lwork = -1, info = 0;
  double work_size = 0;
  std::vector<int> iwork(8 * static_cast<size_t>(r));
  library().dgesdd("S", &n, &m, a.data(), &n, s.data(), vt.data(), &n, u.data(), &r, &work_size, &lwork, iwork.data(),
                   &info);
  lwork = static_cast<int>(work_size);
  std::vector<double> work(static_cast<size_t>(lwork));
  library().dgesdd("S", &n, &m, a.data(), &n, s.data(), vt.data(), &n, u.data(), &r, work.data(), &lwork, iwork.data(),
                   &info);
  require_converged(info, "singular value decomposition");
}

bool cholesky(Matrix& a) {
  SENSORIUM_ASSERT(a.rows() == a.cols());
  const int n = to_int(a.rows());
  if (n == 0) return true;
  const auto held = turn();
  int info = 0;
  library().dpotrf("U", &n, a.data(), &n, &info);  // column-major upper is row-major lower
  SENSORIUM_ASSERT(info >= 0);
  if (info > 0) return false;
  a.triangularView<Eigen::StrictlyUpper>().setZero();
  return true;
}

void* symbol(const char* name) {
  void* function = nullptr;
  find(library().handle, name, function);
  return function;
}

std::string core_name() {
  return library().core();
}

}  // namespace sensorium::classic::blas
