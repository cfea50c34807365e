#include "sensorium/base/threads.h"

#include "sensorium/base/workers.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace sensorium {

int available_processors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

void parallel_for(size_t n, int threads, const std::function<void(size_t)>& body) {
  const size_t wanted = static_cast<size_t>(threads > 0 ? threads : available_processors());
  const size_t workers = std::min(wanted, n);
  std::atomic<size_t> next{0};
  auto run = [&](int) {
    try {
      for (size_t i = next++; i < n; i = next++) body(i);
    } catch (...) {
      next = n;
      throw;
    }
  };
  run_shared(static_cast<int>(workers), run);
}

}  // namespace sensorium
