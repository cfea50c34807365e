#include "sensorium/base/error.h"
#include "sensorium/classic/moments.h"
#include "sensorium/classic/pca.h"
#include "sensorium/classic/products.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace sensorium;
using namespace sensorium::classic;

namespace {

double distance(const Matrix& a, const Matrix& b) {
  return (a - b).cwiseAbs().maxCoeff();
}

/// Restores the number of threads.
struct Threads {
  explicit Threads(int n) { set_num_threads(n); }
  ~Threads() { set_num_threads(0); }
};

}  // namespace

TEST_CASE("products equal Eigen's, at sizes around the tiles") {
  for (const auto& [m, n, k] : {std::array<Index, 3>{1, 1, 1}, {193, 385, 70}, {1500, 40, 33}, {50, 700, 200}}) {
    const Matrix a = gaussian_matrix(m, k, 1), b = gaussian_matrix(k, n, 2), c = gaussian_matrix(m, n, 3);
    CHECK(distance(multiply(a, b), a * b) < 1e-11);
    CHECK(distance(multiply_by_transposed(a, Matrix(b.transpose())), a * b) < 1e-11);
    CHECK(distance(multiply_transposed(a, c), a.transpose() * c) < 1e-10);
    CHECK(distance(gram(c), c.transpose() * c) < 1e-10);
  }
  const Matrix tall = gaussian_matrix(40000, 3, 4);
  CHECK(distance(multiply_transposed(tall, tall), tall.transpose() * tall) < 1e-8);
}

TEST_CASE("results have the same bytes whatever the number of threads") {
  const Matrix x = gaussian_matrix(5000, 250, 5);
  const auto all = [&] {
    const auto source = rows_of(x, "x");
    const Moments moments = stream_moments({source.get()}, "test");
    return std::tuple(randomized_svd(x, 5, {.seed = 3}).vt, moments.scatter, multiply(x, gram(x)));
  };
  const auto one = [&] {
    const Threads threads(1);
    return all();
  }();
  const Threads threads(5);
  CHECK((one == all()));
}

TEST_CASE("a stream of moments equals the formula, with a large mean and several blocks") {
  const Matrix x = (gaussian_matrix(9001, 4, 6).array() + 1e6).matrix(), y = gaussian_matrix(9001, 2, 7);
  const auto a = rows_of(x, "x"), b = rows_of(y, "y");
  const Moments m = stream_moments({a.get(), b.get()}, "test");
  const Matrix cx = x.rowwise() - x.colwise().mean(), cy = y.rowwise() - y.colwise().mean();
  CHECK(distance(m.covariance(0, 0), cx.transpose() * cx / 9000) < 1e-9);
  CHECK(distance(m.covariance(1, 0), cy.transpose() * cx / 9000) < 1e-9);
  CHECK((m.mean_of(0).transpose() - x.colwise().mean()).norm() < 1e-7);
  CHECK(m.constant_columns().empty());
}

TEST_CASE("rows that cannot be used are named") {
  Matrix x = gaussian_matrix(5000, 3, 8);
  const Matrix y = gaussian_matrix(10, 3, 9), none(0, 3);
  x(4321, 2) = std::numeric_limits<double>::quiet_NaN();
  const auto a = rows_of(x, "a.npy"), b = rows_of(y, "b.npy"), c = rows_of(none, "c.npy");
  CHECK(test::error_of([&] { stream_moments({a.get()}, "cca"); }) ==
        "[rows] a.npy: expected finite numbers, got nan in row 4321, column 2");
  CHECK(test::error_of([&] {
          stream_moments({a.get(), b.get()}, "cca");
        }) == "[cca] b.npy: expected 5000 rows as in a.npy, got 10");
  CHECK(test::error_of([&] { stream_moments({c.get()}, "cca"); }) == "[cca] c.npy: expected at least 2 rows, got 0");
  CHECK(test::error_of([&] { read_all(*c); }) == "[rows] c.npy: expected at least one row and one column, got 0 x 3");
}

TEST_CASE("the streamed decomposition equals the exact one, centred or not") {
  const Matrix x = gaussian_matrix(6000, 12, 10) * gaussian_matrix(12, 12, 11);
  const auto source = rows_of(x, "x");
  const StreamedSvd plain = streamed_svd(*source, 4, false);
  const Svd exact = truncated_svd(x, 4);
  CHECK(distance(plain.svd.s, exact.s) < 1e-8 * exact.s(0));
  CHECK(distance(plain.svd.vt, exact.vt) < 1e-8);
  const Pca streamed = fit_pca_streamed(*source, 4, true), pca = fit_pca(x, 4, true);
  CHECK(distance(streamed.explained_variance, pca.explained_variance) < 1e-8 * pca.explained_variance(0));
  CHECK(distance(streamed.projection.transform(x), pca.projection.transform(x)) < 1e-8);
  CHECK(streamed.noise_variance == doctest::Approx(pca.noise_variance));
}

TEST_CASE("randomised decomposition of a low-rank matrix is exact, and gives no more than the rank") {
  for (const auto& [n, p] : {std::pair<Index, Index>{400, 60}, {60, 400}}) {
    const Matrix x = gaussian_matrix(n, 5, 12) * gaussian_matrix(5, p, 13);
    const Svd found = randomized_svd(x, 8, RandomizedOptions{}), exact = thin_svd(x);
    REQUIRE(found.s.size() >= 5);
    CHECK(distance(found.s.head(5), exact.s.head(5)) < 1e-9 * exact.s(0));
    CHECK(distance(found.u * found.s.asDiagonal() * found.vt, x) < 1e-9 * exact.s(0));
  }
  const Matrix x = gaussian_matrix(10, 4, 1);
  CHECK(test::error_of([&] { truncated_svd(x, 5); }) == "[svd] expected 1 to 4 components of 10 x 4 values, got 5");
}

TEST_CASE("whitening does not mind units, constant or repeated columns") {
  Matrix x = gaussian_matrix(300, 5, 14);
  x.col(1) *= 1e-9;
  x.col(2) *= 1e9;
  x.col(3) = x.col(0);
  x.col(4).setConstant(3);
  const auto source = rows_of(x, "x");
  const Moments m = stream_moments({source.get()}, "test");
  CHECK(m.constant_columns() == std::vector<Index>{4});
  const Matrix r = m.covariance(0, 0), w = whitener(r, "test");
  CHECK(w.cols() == 3);
  CHECK(distance(w.transpose() * r * w, Matrix::Identity(3, 3)) < 1e-8);
}
