#pragma once
// Threads that do what would hold up the network loop.

#include "sensorium/base/threads.h"

#include <atomic>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace sensorium {

/// Runs jobs on a few threads; each job ends as an `after` that the owner calls in its own thread. Jobs that throw end
/// as an `after` that throws the same. Destruction waits for the jobs at work and drops the rest.
class DownloadWorkers {
 public:
  using After = std::function<void()>;
  using Job = std::function<After()>;

  /// `wake` is called by the workers, after each job. `threads` at least 1.
  DownloadWorkers(int threads, std::function<void()> wake);
  ~DownloadWorkers();
  DownloadWorkers(const DownloadWorkers&) = delete;
  DownloadWorkers& operator=(const DownloadWorkers&) = delete;
  /// Waits while many jobs wait already. Called by the owner's thread.
  void submit(Job job);
  /// What ended since the last call.
  std::vector<After> take();
  /// Jobs whose `after` was not taken yet. Called by the owner's thread.
  size_t unfinished() const { return submitted_ - taken_; }

 private:
  void work();
  std::function<void()> wake_;
  BoundedQueue<Job> queue_{1024};
  std::mutex mutex_;
  std::vector<After> ended_;
  size_t submitted_ = 0, taken_ = 0;
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

}  // namespace sensorium
