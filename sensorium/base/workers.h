#pragma once
// The process' worker threads, which wait for parts of short jobs.

#include <memory>

namespace sensorium {

/// Calls run(body, part) at once on the calling thread, as part 0, and on up to `threads` - 1 workers, each with a part
/// of its own below `threads`; returns when all of them have ended. Part 0 must be able to do everything alone: workers
/// that are busy for others, or that have not woken when part 0 ends, are left out, so nobody waits for a thread that
/// has no processor. Workers are made on first need, never more than the largest `threads` asked for; one that is idle
/// looks out for the next job for some microseconds before it sleeps, so jobs that follow each other begin at once.
/// Nothing is allocated when they exist. The first exception is thrown again here once all parts have ended.
/// Thread-safe, also from within a job.
void run_shared(int threads, void (*run)(void* body, int part), void* body);

/// The same for anything that is called with the part.
template <class F>
void run_shared(int threads, F& body) {
  run_shared(
      threads, [](void* f, int part) { (*static_cast<F*>(f))(part); }, std::addressof(body));
}

}  // namespace sensorium
