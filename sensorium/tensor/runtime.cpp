#include "sensorium/tensor/runtime.h"

#include "sensorium/base/threads.h"
#include "sensorium/tensor/kernels.h"

#include <atomic>
#include <string_view>

namespace sensorium::rt {
namespace {
std::atomic<int> wanted_threads{0};
std::atomic<Precision> wanted_precision{Precision::fp32};
}  // namespace

void set_num_threads(int threads) {
  if (threads < 0) throw UsageError("threads", "expected 0 or more threads, got {}", threads);
  wanted_threads = threads;
}

int num_threads() {
  static const int available = available_processors();
  const int wanted = wanted_threads;
  return wanted > 0 ? wanted : available;
}

void set_precision(Precision precision) {
  wanted_precision = precision;
}

bool has_fast_bf16() {
  const std::string_view name = kernels().name;
  return name == "avx512_bf16" || name == "amx";
}

Precision precision() {
  return wanted_precision;
}

}  // namespace sensorium::rt
