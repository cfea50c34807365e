// Estimates of mutual information on correlated Gaussians beside the closed form: bench_information FOLDER [ROWS].
// x ~ N(0, I_d), y = rho x + sqrt(1 - rho^2) e: I = -d/2 ln(1 - rho^2). KSG (k = 3) by the number of rows, InfoNCE with
// the best critic there is (the log density ratio) by the number of pairs in a batch, means over batches of all rows.
// Prints a JSON line an estimate and draws a chart for each estimator and d.

#include "sensorium/apps/feature_plots.h"
#include "sensorium/base/file.h"
#include "sensorium/base/rng.h"
#include "sensorium/classic/ksg.h"
#include "sensorium/classic/mutual_information.h"
#include "sensorium/classic/products.h"
#include "sensorium/classic/svd.h"

#include <fmt/format.h>

#include <cmath>

using namespace sensorium;
using namespace sensorium::classic;

namespace {

constexpr Index kLeast = 64;  // rows of the smallest estimate; then four times as many, and so on

struct Pair {
  Matrix x, y;
};

Pair draw(double rho, Index d, Index rows) {
  const Matrix x = gaussian_matrix(rows, d, mix_seed(1, {static_cast<uint64_t>(d), static_cast<uint64_t>(100 * rho)}));
  return {x, rho * x + std::sqrt(1 - rho * rho) *
                           gaussian_matrix(rows, d,
                                           mix_seed(2, {static_cast<uint64_t>(d), static_cast<uint64_t>(100 * rho)}))};
}

/// ln p(y | x) - ln p(y) for all pairs, without what depends on x alone.
Matrix critic(const Pair& p, double rho) {
  const double s = 1 - rho * rho;
  Matrix f = multiply_by_transposed(p.x, p.y) * (rho / s);
  f.rowwise() -= (p.y.rowwise().squaredNorm() * (rho * rho / (2 * s))).transpose();
  f.colwise() -= p.x.rowwise().squaredNorm() * (rho * rho / (2 * s));
  return f;
}

double infonce(const Pair& all, double rho, Index batch) {
  double sum = 0;
  const Index batches = all.x.rows() / batch;
  for (Index b = 0; b < batches; ++b)
    sum += information_bounds(critic({all.x.middleRows(b * batch, batch), all.y.middleRows(b * batch, batch)}, rho))
               .symmetric;
  return sum / static_cast<double>(batches);
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) {
    fmt::print(stderr, "usage: bench_information FOLDER [ROWS]\n");
    return 2;
  }
  const fs::path folder = words[1];
  const Index most = count > 2 ? std::atoll(words[2]) : 16384;
  make_directories(folder);
  for (const bool neighbours : {true, false})
    for (const Index d : {1, 5, 20}) {
      const char* name = neighbours ? "KSG" : "InfoNCE";
      Chart chart{fmt::format("{}, d = {} (lines without dots: closed form)", name, d),
                  neighbours ? "log2 rows" : "log2 pairs in a batch",
                  "nats",
                  {},
                  true};
      int colour = 0;
      for (const double rho : {0.2, 0.5, 0.9}) {
        const double exact = static_cast<double>(d) * gaussian_information(Vector::Constant(1, rho));
        Series found{fmt::format("rho {}", rho), {}, ++colour, true},
            line{fmt::format("exact {:.3f}", exact), {}, colour, false};
        const Pair all = draw(rho, d, most);
        for (Index n = kLeast; n <= (neighbours ? most : std::min<Index>(most, 4096)); n *= 4) {
          const double estimate =
              neighbours ? ksg_information(all.x.topRows(n), all.y.topRows(n), 3) : infonce(all, rho, n);
          fmt::print(
              "{{\"estimator\": \"{}\", \"d\": {}, \"rho\": {}, \"n\": {}, \"nats\": {:.4f}, \"exact\": {:.4f}}}\n",
              name, d, rho, n, estimate, exact);
          found.points.emplace_back(std::log2(static_cast<double>(n)), estimate);
          line.points.emplace_back(std::log2(static_cast<double>(n)), exact);
        }
        chart.series.push_back(std::move(found));
        chart.series.push_back(std::move(line));
      }
      write_file(folder / fmt::format("{}_d{}.svg", neighbours ? "ksg" : "infonce", d), chart_file(chart));
    }
}
