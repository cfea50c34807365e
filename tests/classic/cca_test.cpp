#include "sensorium/classic/kernel_cca.h"
#include "sensorium/classic/multiview.h"
#include "sensorium/classic/products.h"
#include "sensorium/classic/svd.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

using namespace sensorium;
using namespace sensorium::classic;

namespace {

struct Views {
  Matrix a, b;
};

/// Two noisy views of the same 3 hidden values.
Views make_views(Index n, Index p, Index q) {
  const Matrix z = gaussian_matrix(n, 3, 1);
  return {z * gaussian_matrix(3, p, 2) + gaussian_matrix(n, p, 3),
          z * gaussian_matrix(3, q, 4) + gaussian_matrix(n, q, 5)};
}

}  // namespace

TEST_CASE("streamed CCA equals the one by the rows' SVD, and its scores correlate as it says") {
  const Views v = make_views(200, 60, 40);  // few rows: rows are decomposed themselves
  const auto a = rows_of(v.a, "a"), b = rows_of(v.b, "b");
  const Cca streamed = fit_cca(stream_moments({a.get(), b.get()}, "cca"), 3, {}), direct = fit_cca(v.a, v.b, 3, {});
  CHECK((streamed.all_values - direct.all_values).cwiseAbs().maxCoeff() < 1e-10);
  CHECK((streamed.views.weights[0] - direct.views.weights[0]).cwiseAbs().maxCoeff() < 1e-8);
  const Vector r = column_correlations(direct.views.transform(0, v.a), direct.views.transform(1, v.b));
  CHECK((r - direct.views.values).cwiseAbs().maxCoeff() < 1e-10);
  CHECK(direct.warnings.empty());
}

TEST_CASE("constant and repeated columns change nothing and are told") {
  const Views v = make_views(500, 6, 5);
  Matrix wider(500, 9);
  wider << v.a, v.a.col(2), Matrix::Constant(500, 1, 1e5), v.a.col(0) * 1e-6 + v.a.col(1) * 3;
  const Cca plain = fit_cca(v.a, v.b, 4, {}), more = fit_cca(wider, v.b, 4, {});
  CHECK((plain.views.values - more.views.values).cwiseAbs().maxCoeff() < 1e-10);
  CHECK((plain.views.transform(0, v.a) - more.views.transform(0, wider)).cwiseAbs().maxCoeff() < 1e-6);
  REQUIRE(more.warnings.size() == 1);
  CHECK(more.warnings[0] == "view 1: 3 of 9 columns are constant or combinations of others; they are left out");
}

TEST_CASE("fewer rows than directions: stable, and told; a shrinkage helps") {
  const Views v = make_views(30, 25, 25);
  const Cca cca = fit_cca(v.a, v.b, 3, {});
  CHECK(cca.views.values(0) == doctest::Approx(1));
  REQUIRE(cca.warnings.size() == 1);
  CHECK(cca.warnings[0] ==
        "30 rows for 50 directions: at least 21 correlations are 1 whatever the data; give a shrinkage");
  const Cca shrunk = fit_cca(v.a, v.b, 3, {{0.2, 0}});
  CHECK(shrunk.warnings.empty());
  CHECK(shrunk.views.ranks == std::vector<Index>{25, 25});
}

TEST_CASE("a relative ridge means the same in any units") {
  const Views v = make_views(300, 12, 9);
  const std::vector<Penalty> penalty = {{.relative_ridge = 0.3}};
  const Cca plain = fit_cca(v.a, v.b, 4, penalty), scaled = fit_cca(v.a * 1000, v.b * 1e-3, 4, penalty);
  CHECK((plain.views.values - scaled.views.values).cwiseAbs().maxCoeff() < 1e-10);
  CHECK((plain.views.values - fit_cca(v.a, v.b, 4, {}).views.values).cwiseAbs().maxCoeff() > 1e-3);
  const double mean = stream_moments({rows_of(v.a, "a").get()}, "cca").covariance(0, 0).diagonal().mean();
  const Cca absolute = fit_cca(v.a, v.a, 4, {{.ridge = 0.3 * mean}});
  CHECK((absolute.views.values - fit_cca(v.a, v.a, 4, penalty).views.values).cwiseAbs().maxCoeff() < 1e-10);
}

TEST_CASE("bad views are refused by cause") {
  const Views v = make_views(50, 4, 3);
  CHECK(test::error_of([&] { fit_cca(Matrix::Constant(50, 4, 2), v.b, 1, {}); }) ==
        "[cca] expected columns that vary, got constant ones alone");
  CHECK(test::error_of([&] { fit_cca(v.a.topRows(1), v.b.topRows(1), 1, {}); }) ==
        "[cca] view 1: expected at least 2 rows, got 1");
  CHECK(test::error_of([&] { fit_cca(v.a, v.b.topRows(49), 1, {}); }) ==
        "[cca] view 2: expected 50 rows as in view 1, got 49");
  CHECK(test::error_of([&] { fit_cca(v.a, v.b, 0, {}); }) == "[cca] expected at least 1 component, got 0");
  CHECK(test::error_of([&] { fit_cca(v.a, v.b, 1, {{1.5, 0}}); }) == "[cca] expected a shrinkage in [0, 1], got 1.5");
}

TEST_CASE("MCCA and GCCA of two views find CCA's correlations") {
  const Views v = make_views(400, 6, 5);
  const auto a = rows_of(v.a, "a"), b = rows_of(v.b, "b");
  const Moments m = stream_moments({a.get(), b.get()}, "cca");
  const Vector rho = fit_cca(m, 3, {}).views.values;
  CHECK((fit_mcca(m, 3, {}).values - rho).cwiseAbs().maxCoeff() < 1e-10);
  CHECK((fit_gcca(m, 3, {}).values.array() - 1 - rho.array()).abs().maxCoeff() < 1e-10);
}

TEST_CASE("landmarks approach the exact kernel CCA") {
  const Views v = make_views(300, 4, 4);
  const Kernel rbf{KernelType::rbf, 0.05, 0, 1};
  const KernelCca exact = fit_kernel_cca(v.a, v.b, 2, {rbf}, 0.1),
                  near = fit_kernel_cca(v.a, v.b, 2, {rbf}, 0.1, 150, 7);
  CHECK((exact.views.values - near.views.values).cwiseAbs().maxCoeff() < 0.02);
  CHECK(test::error_of([&] { fit_kernel_cca(v.a, v.b, 2, {rbf}, 0); }) ==
        "[kernel cca] expected a shrinkage above 0 where every row is a landmark, got 0");
}
