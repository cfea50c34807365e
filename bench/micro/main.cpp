// Times linear, attention and convolution of rt::Tensor and, paired in the same call, oneDNN's own best primitive for
// the same work, and the peak of products in each precision. A table to stderr, JSON to stdout: for each case the
// medians, the spread (interquartile range over median) and the ratio.

#include "bench/micro/peers.h"
#include "sensorium/base/rng.h"
#include "sensorium/tensor/ops.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>

namespace sensorium::bench {
namespace {

using rt::Tensor;
constexpr int kWarmUp = 3, kRuns = 21;

Tensor random_tensor(const rt::Shape& shape) {
  Tensor t = Tensor::empty(shape);
  CounterRng rng(1, static_cast<uint64_t>(t.numel()));
  for (int64_t i = 0; i < t.numel(); ++i) t.mutable_data()[i] = static_cast<float>(rng.uniform(-0.1, 0.1));
  return t;
}

double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

nlohmann::json summary(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const double median = times[times.size() / 2];
  return {{"median_ms", median * 1e3}, {"spread", (times[times.size() * 3 / 4] - times[times.size() / 4]) / median}};
}

/// Runs both in turn, so that a disturbance of the machine meets both.
nlohmann::json compare(const std::string& name, double gflop, const std::function<void()>& ours,
                       const std::function<void()>& peer) {
  std::vector<double> mine, theirs;
  for (int i = -kWarmUp; i < kRuns; ++i) {
    const double a = seconds(ours), b = seconds(peer);
    if (i < 0) continue;
    mine.push_back(a);
    theirs.push_back(b);
  }
  nlohmann::json result{{"name", name}, {"ours", summary(mine)}, {"onednn", summary(theirs)}};
  const double ms = result["ours"]["median_ms"];
  result["gflops"] = gflop / ms * 1e3;
  result["ratio"] = ms / result["onednn"]["median_ms"].get<double>();
  return result;
}

/// Ours takes float32 and converts it; the peer gets what it multiplies.
nlohmann::json linear_case(int64_t m, int64_t n, int64_t k, Precision precision) {
  Linear<Tensor> layer{random_tensor({n, k}), random_tensor({n}), {}, {}, 0};
  prepare(layer, precision);
  const Tensor x = random_tensor({m, k});
  auto result = compare(
      fmt::format("linear {} {}x{}x{}", precision_name(precision), m, n, k), 2e-9 * static_cast<double>(m * n * k),
      [&] { linear(x, layer); }, onednn_matmul(m, n, k, precision));
  result["precision"] = precision_name(precision);
  return result;
}

/// The most that either reaches on products, by precision: what towers are held against.
nlohmann::json peaks(const nlohmann::json& cases) {
  nlohmann::json most;
  for (const auto& c : cases) {
    if (!c.contains("precision")) continue;
    auto& value = most[c["precision"].get<std::string>()];
    const double gflops = c["gflops"].get<double>() * std::max(1.0, c["ratio"].get<double>());
    value = value.is_null() ? gflops : std::max(value.get<double>(), gflops);
  }
  return most;
}

void print_table(const nlohmann::json& result) {
  fmt::print(stderr, "{:40} {:>10} {:>10} {:>8} {:>10}\n", "", "ours ms", "oneDNN ms", "ratio", "GFLOP/s");
  for (const auto& c : result["cases"])
    fmt::print(stderr, "{:40} {:10.3f} {:10.3f} {:8.2f} {:10.0f}\n", c["name"].get<std::string>(),
               c["ours"]["median_ms"].get<double>(), c["onednn"]["median_ms"].get<double>(), c["ratio"].get<double>(),
               c["gflops"].get<double>());
  for (const auto& [precision, gflops] : result["gemm_peak_gflops"].items())
    fmt::print(stderr, "peak of products, {}: {:.0f} GFLOP/s\n", precision, gflops.get<double>());
}

/// Ours includes the projections, so the peer does too.
nlohmann::json attention_case(int64_t batch, int64_t heads, int64_t tokens, int64_t width) {
  const int64_t d = heads * width;
  SelfAttention<Tensor> layer;
  layer.num_heads = static_cast<int>(heads);
  for (auto* l : {&layer.query, &layer.key, &layer.value, &layer.output})
    *l = {random_tensor({d, d}), random_tensor({d}), {}, {}, 0};
  prepare(layer);
  const Tensor x = random_tensor({batch, tokens, d});
  const auto project = onednn_matmul(batch * tokens, 3 * d, d), attend = onednn_attention(batch, heads, tokens, width);
  const double gflop = 2e-9 * static_cast<double>(batch * tokens * d) * static_cast<double>(3 * d + 2 * tokens);
  return compare(
      fmt::format("attention B{} h{} T{} d{}", batch, heads, tokens, width), gflop,
      [&] { self_attention(x, layer, {}); },
      [&] {
        project();
        attend();
      });
}

nlohmann::json convolution_case(int64_t batch, int64_t in, int64_t side, int64_t out, int64_t kernel, int64_t stride) {
  const int64_t padding = kernel / 2, after = (side + 2 * padding - kernel) / stride + 1;
  Conv2d<Tensor> conv{
      random_tensor({out, in, kernel, kernel}), {}, static_cast<int>(stride), static_cast<int>(padding)};
  const BatchNorm2d<Tensor> norm{
      Tensor::full({out}, 1), Tensor::zeros({out}), Tensor::zeros({out}), Tensor::full({out}, 1), 1e-5f, false};
  prepare(conv, norm);
  const Tensor x = random_tensor({batch, in, side, side}).channels_last();
  return compare(
      fmt::format("convolution B{} {}->{} {}px k{} s{}", batch, in, out, side, kernel, stride),
      2e-9 * static_cast<double>(batch * out * after * after) * static_cast<double>(in * kernel * kernel),
      [&] { conv_norm(x, conv, norm); }, onednn_convolution(batch, in, side, out, kernel, stride, padding));
}

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

}  // namespace
}  // namespace sensorium::bench

int main() {
  using namespace sensorium::bench;
  nlohmann::json result{{"machine", {{"processor", processor()}, {"threads", sensorium::rt::num_threads()}}}};
  for (auto [m, n, k] : {std::array<int64_t, 3>{1, 512, 768},
                         {50, 768, 768},
                         {400, 2304, 768},
                         {400, 3072, 768},
                         {400, 768, 3072},
                         {1600, 3072, 768},
                         {1600, 768, 3072},
                         {77, 2048, 512},
                         {64, 128, 128}})
    for (const auto precision : {sensorium::Precision::fp32, sensorium::Precision::bf16, sensorium::Precision::int8})
      result["cases"].push_back(linear_case(m, n, k, precision));
  for (auto [b, h, t, d] : {std::array<int64_t, 4>{8, 12, 50, 64}, {8, 12, 197, 64}, {32, 8, 20, 64}})
    result["cases"].push_back(attention_case(b, h, t, d));
  for (auto [b, in, side, out, kernel, stride] : {std::array<int64_t, 6>{4, 3, 224, 64, 7, 2},
                                                  {4, 64, 56, 64, 3, 1},
                                                  {4, 64, 56, 256, 1, 1},
                                                  {4, 256, 14, 256, 3, 1}})
    result["cases"].push_back(convolution_case(b, in, side, out, kernel, stride));
  result["gemm_peak_gflops"] = peaks(result["cases"]);
  print_table(result);
  std::cout << result.dump(2) << "\n";
}
