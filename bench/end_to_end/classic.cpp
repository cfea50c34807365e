// One classical method on one array, timed: bench_classic JOB THREADS FILES... ; prints a JSON line with seconds on the
// clock, seconds of processor and a value to check. Reading is not timed. bench/peers/classic.py runs it beside its
// peers.
//   cca A.npy B.npy      svd X.npy      nmf X.npy W0.npy H0.npy      ksg X.npy Y.npy
//   stream ROWS          CCA (128 + 128 columns) and SVD (256 columns) of rows made on the fly, and the peak of memory

#include "bench/end_to_end/seconds_of_processor.h"
#include "sensorium/base/rng.h"
#include "sensorium/classic/blas.h"
#include "sensorium/classic/cca.h"
#include "sensorium/classic/ksg.h"
#include "sensorium/classic/nmf.h"
#include "sensorium/classic/products.h"
#include "sensorium/classic/svd.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>

using namespace sensorium;
using namespace sensorium::classic;

namespace {

/// A short job is timed at its second run, when memory and threads are there, as the peer's are.
template <class Body>
void timed(const Body& body) {
  multiply(Matrix::Ones(2, 2), Matrix::Ones(2, 2));  // the library is open
  std::chrono::duration<double> wall{0};
  double processor_start = 0, check = 0;
  for (int run = 0; run < 2 && wall.count() < 0.5; ++run) {
    const auto start = std::chrono::steady_clock::now();
    processor_start = bench::seconds_of_processor();
    check = body();
    wall = std::chrono::steady_clock::now() - start;
  }
  const double processor = bench::seconds_of_processor() - processor_start;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print(
      "{{\"wall_s\": {:.4f}, \"processor_s\": {:.4f}, \"check\": {:.12g}, \"peak_mib\": {}, \"kernels\": \"{}\"}}\n",
      wall.count(), processor, check, usage.ru_maxrss / 1024, blas::core_name());
}

Matrix read(const char* file) {
  return read_all(*rows_of_npy(file));
}

/// Uniform numbers that depend on (row, column) alone; columns of the second half follow the first half's.
void make_row(Index row, double* out, Index width, bool second) {
  CounterRng rng(7, static_cast<uint64_t>(row));
  std::vector<double> shared(static_cast<size_t>(width));
  for (double& v : shared) v = static_cast<double>(rng.next_u32()) * 0x1p-32 - 0.5;
  CounterRng noise(second ? 11 : 13, static_cast<uint64_t>(row));
  for (Index j = 0; j < width; ++j)
    out[j] = shared[static_cast<size_t>(j)] +
             0.1 * static_cast<double>(j) * (static_cast<double>(noise.next_u32()) * 0x1p-32 - 0.5);
}

double stream(Index rows) {
  const auto a = rows_made(rows, 128, [](Index i, double* out) { make_row(i, out, 128, false); });
  const auto b = rows_made(rows, 128, [](Index i, double* out) { make_row(i, out, 128, true); });
  const auto both = rows_made(rows, 256, [](Index i, double* out) {
    make_row(i, out, 128, false);
    make_row(i, out + 128, 128, true);
  });
  return fit_cca(stream_moments({a.get(), b.get()}, "cca"), 32, {}).views.values(0) +
         streamed_svd(*both, 32, true).svd.s(0);
}

}  // namespace

int main(int count, char** words) {
  if (count < 4) {
    fmt::print(stderr, "usage: bench_classic cca|svd|nmf|ksg|stream THREADS FILES...|ROWS\n");
    return 2;
  }
  const std::string job = words[1];
  set_num_threads(std::atoi(words[2]));
  if (job == "stream") {
    timed([&] { return stream(std::atoll(words[3])); });
    return 0;
  }
  std::vector<Matrix> x;
  for (int i = 3; i < count; ++i) x.push_back(read(words[i]));
  if (job == "cca") timed([&] { return fit_cca(x.at(0), x.at(1), 64, {}).views.values(0); });
  if (job == "svd") timed([&] { return randomized_svd(x.at(0), 64, {.oversamples = 10, .iterations = 7}).s.sum(); });
  if (job == "nmf")
    timed([&] { return fit_nmf(x.at(0), x.at(1), x.at(2), {.iterations = 100, .tolerance = 0}).error; });
  if (job == "ksg") timed([&] { return ksg_information(unit_deviation(x.at(0)), unit_deviation(x.at(1)), 3); });
}
