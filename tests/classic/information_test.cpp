#include "sensorium/classic/kd_tree.h"
#include "sensorium/classic/ksg.h"
#include "sensorium/classic/mutual_information.h"
#include "sensorium/classic/svd.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace sensorium;
using namespace sensorium::classic;

TEST_CASE("the tree finds what a comparison with every point finds") {
  for (const Index width : {1, 2, 7}) {
    Matrix x = gaussian_matrix(400, width, 1);
    x.topRows(50) = (x.topRows(50) * 2).array().round();  // repeated points
    const KdTree tree(x);
    for (Index i = 0; i < 400; i += 7) {
      std::vector<double> distances;
      for (Index j = 0; j < 400; ++j)
        if (j != i) distances.push_back((x.row(i) - x.row(j)).cwiseAbs().maxCoeff());
      std::sort(distances.begin(), distances.end());
      for (const int k : {1, 5}) {
        const double radius = distances[static_cast<size_t>(k - 1)];
        CHECK(tree.neighbour_distance(i, k) == radius);
        const auto near = std::count_if(distances.begin(), distances.end(),
                                        [&](double d) { return radius > 0 ? d < radius : d == 0; });
        CHECK(tree.count_within(i, radius) == near);
      }
    }
  }
}

TEST_CASE("KSG finds the information of correlated Gaussians") {
  for (const double rho : {0.0, 0.5, 0.9}) {
    const Matrix x = gaussian_matrix(4000, 1, 2), y = rho * x + std::sqrt(1 - rho * rho) * gaussian_matrix(4000, 1, 3);
    CHECK(std::abs(ksg_information(x, y) - gaussian_information(Vector::Constant(1, rho))) < 0.04);
  }
}

TEST_CASE("KSG counts a scalar's neighbours as a tree does") {
  const auto twice = [](const Matrix& column) {  // the same distances, counted by a tree
    Matrix both(column.rows(), 2);
    both << column, column;
    return both;
  };
  const Matrix x = gaussian_matrix(1500, 1, 5), y = 0.7 * x + gaussian_matrix(1500, 1, 6);
  Matrix outlier = x;
  outlier(7, 0) = 1e300;
  const std::vector<Matrix> kinds = {x,      (x * 4).array().round(), (8 * x).array().exp(), x.array() + 1e9, x * 4e307,
                                     outlier};
  for (const Matrix& kind : kinds) CHECK(ksg_information(kind, y) == ksg_information(twice(kind), y));
}

TEST_CASE("a label that says everything carries its entropy") {
  const Matrix x = gaussian_matrix(3000, 1, 4);
  std::vector<int64_t> labels;
  Matrix apart = x;
  for (Index i = 0; i < 3000; ++i) {
    labels.push_back(i % 3);
    apart(i, 0) += 100.0 * static_cast<double>(i % 3);
  }
  CHECK(ross_information(apart.col(0), labels) == doctest::Approx(std::log(3)).epsilon(0.01));
  CHECK(std::abs(ross_information(x.col(0), labels)) < 0.03);
}

TEST_CASE("counts: bits, and a table of two lists") {
  const std::vector<std::string> x = {"a", "a", "b", "b"}, y = {"u", "u", "v", "v"};
  const DiscreteInformation d = discrete_information(contingency(x, y));
  CHECK(to_bits(d.mutual) == doctest::Approx(1));
  CHECK(normalised_information(d, EntropyMean::geometric) == doctest::Approx(1));
}

TEST_CASE("what has no information is refused by cause") {
  Matrix counts = Matrix::Constant(2, 2, 1);
  counts(1, 0) = -1;
  CHECK(test::error_of([&] { discrete_information(counts); }) ==
        "[mi] expected counts of at least 0, got -1 in row 1, column 0");
  const Matrix x = gaussian_matrix(3, 1, 1);
  CHECK(test::error_of([&] { ksg_information(x, x, 3); }) == "[mi] expected more rows than the 3 neighbours, got 3");
  CHECK(test::error_of([&] { information_bounds(Matrix::Zero(3, 2)); }) ==
        "[mi] expected a square matrix of scores of 2 pairs or more, got 3 x 2");
  CHECK(test::error_of([&] { gaussian_information(Matrix::Ones(2, 2), 1); }) ==
        "[mi] expected a positive definite covariance, got one that is not");
}
