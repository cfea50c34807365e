#pragma once
// What a timed piece of work has cost the processors.

#include <ctime>

namespace sensorium::bench {

/// Processor time of the whole process so far, of all threads.
inline double seconds_of_processor() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

}  // namespace sensorium::bench
