#include "sensorium/classic/joint_nmf.h"
#include "sensorium/classic/nmf_kernels.h"
#include "sensorium/classic/nnls.h"
#include "sensorium/classic/products.h"
#include "sensorium/classic/svd.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace sensorium;
using namespace sensorium::classic;

namespace {

Matrix positive(Index rows, Index columns, uint64_t seed) {
  return gaussian_matrix(rows, columns, seed).cwiseAbs();
}

}  // namespace

TEST_CASE("the kernels of every instruction set equal plain products, at sizes beside their tiles") {
  std::vector<const NmfKernels*> kernels = {&nmf_generic::kKernels, &nmf_kernels()};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) kernels.push_back(&nmf_avx2::kKernels);
  for (const NmfKernels* kernel : kernels)
    for (const Index width : {8, 16, 32, 40})
      for (const auto& [rows, p] : {std::pair<Index, Index>{1, 1}, {7, 37}, {12, 64}, {97, 203}, {18, 96}}) {
        const Matrix x = gaussian_matrix(rows, p, 1), w = gaussian_matrix(rows, width, 3);
        const Matrix b = gaussian_matrix(p, width, 2);
        Matrix down = gaussian_matrix(rows, width, 4), across = gaussian_matrix(p, width, 5);
        const Matrix expected_down = down + x * b, expected_across = across + x.transpose() * w;
        kernel->add_product({x.data(), p, 1}, rows, p, b.data(), width, down.data());
        kernel->add_product({x.data(), 1, p}, p, rows, w.data(), width, across.data());
        CHECK((down - expected_down).cwiseAbs().maxCoeff() < 1e-11);
        CHECK((across - expected_across).cwiseAbs().maxCoeff() < 1e-11);
      }
}

TEST_CASE("a factorisable matrix is factored by every solver") {
  const Matrix x = positive(700, 4, 1) * positive(4, 90, 2);
  for (const NmfSolver solver : {NmfSolver::coordinate_descent, NmfSolver::multiplicative_updates}) {
    const NmfStart start = random_start(x, 6, 3);
    const Nmf nmf = fit_nmf(x, start.w, start.h, {.solver = solver, .iterations = 600, .tolerance = 0});
    CHECK(nmf.error < 0.02 * x.norm());
    CHECK(nmf.w.minCoeff() >= 0);
    CHECK(nmf.h.minCoeff() >= 0);
  }
}

TEST_CASE("NMF has the same bytes whatever the number of threads, and stops at its tolerance") {
  const Matrix x = positive(900, 50, 4);
  const NmfStart start = nndsvd(x, 5);
  const auto run = [&](int threads) {
    set_num_threads(threads);
    const Nmf nmf = fit_nmf(x, start.w, start.h, {.tolerance = 0.05});
    set_num_threads(0);
    return nmf;
  };
  const Nmf one = run(1), four = run(4);
  CHECK((one.w == four.w && one.h == four.h));
  CHECK(one.iterations < 200);
}

TEST_CASE("an item's missing modality leaves the factors as if it had never been asked") {
  const Matrix w = positive(300, 3, 5), x1 = w * positive(3, 20, 6), x2 = 50 * w * positive(3, 12, 7);
  std::vector<std::vector<uint8_t>> present(2, std::vector<uint8_t>(300, 1));
  for (size_t i = 0; i < 300; i += 3) present[1][i] = 0;
  Matrix holes = x2;
  for (Index i = 0; i < 300; i += 3) holes.row(i).setConstant(std::numeric_limits<double>::quiet_NaN());
  const NmfOptions options{.iterations = 2000, .tolerance = 0};
  const JointNmf joint = fit_joint_nmf({x1, holes}, present, joint_random_start({x1, x2}, 3, 8), options);
  const Matrix predicted = joint.predict(1, joint.w);
  double worst = 0;
  for (Index i = 0; i < 300; i += 3) worst = std::max(worst, (predicted.row(i) - x2.row(i)).norm() / x2.row(i).norm());
  CHECK(worst < 0.15);  // what was missing is filled in from the other modality
  CHECK(joint.error < 1);
  present[0][3] = 0;
  CHECK(test::error_of([&] {
          fit_joint_nmf({x1, holes}, present, joint_random_start({x1, x2}, 3, 8), options);
        }) == "[joint nmf] expected at least one modality of item 3, got none");
}

TEST_CASE("nonnegative least squares meets the conditions of an optimum") {
  const Matrix h = gaussian_matrix(7, 30, 9), x = gaussian_matrix(50, 30, 10);
  const Matrix w = nonnegative_rows(x, h), slope = (w * h - x) * h.transpose();
  CHECK(w.minCoeff() >= 0);
  CHECK(slope.minCoeff() > -1e-9);
  CHECK(w.cwiseProduct(slope).cwiseAbs().maxCoeff() < 1e-8);
}

TEST_CASE("what cannot be factored is refused") {
  Matrix x = positive(20, 5, 11);
  const NmfStart start = random_start(x, 2, 1);
  x(7, 3) = -0.5;
  CHECK(test::error_of([&] { fit_nmf(x, start.w, start.h, {}); }) ==
        "[nmf] expected values of at least 0, got -0.5 in row 7, column 3");
  CHECK(test::error_of([&] { fit_nmf(Matrix::Zero(20, 5), start.w, start.h, {}); }) ==
        "[nmf] expected a value above 0, got zeros alone");
  CHECK(test::error_of([&] { fit_nmf(x.cwiseAbs(), start.w, start.h, {.loss = NmfLoss::kullback_leibler}); }) ==
        "[nmf] expected multiplicative updates with the Kullback-Leibler loss, got coordinate descent");
}
