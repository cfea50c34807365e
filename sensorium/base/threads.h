#pragma once
// Threads: a parallel loop and a bounded queue. Results never depend on the number of threads.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

namespace sensorium {

/// Number of processors this process may run on (affinity and container limits respected), at least 1.
int available_processors();

/// Calls body(i) for every i in [0, n), on up to `threads` threads (0 = available_processors(); fewer while others use
/// the process' workers, see run_shared); indices are handed out one by one, so one must not wait for a later one. The
/// first exception stops further work and is thrown again here once every thread has ended.
void parallel_for(size_t n, int threads, const std::function<void(size_t)>& body);

/// A queue that holds at most `capacity` items. `push` waits for room, `pop` for an item; after `close`, `push` returns
/// false and `pop` empties what is left, then returns nothing. Thread-safe.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(size_t capacity) : capacity_(capacity) {}

  bool push(T item) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || items_.size() < capacity_; });
    if (closed_) return false;
    items_.push_back(std::move(item));
    changed_.notify_all();
    return true;
  }

  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || !items_.empty(); });
    if (items_.empty()) return std::nullopt;
    T item = std::move(items_.front());
    items_.pop_front();
    changed_.notify_all();
    return item;
  }

  void close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> items_;
  bool closed_ = false;
};

}  // namespace sensorium
