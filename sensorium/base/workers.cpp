#include "sensorium/base/workers.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

namespace sensorium {
namespace {

constexpr int kMostWorkers = 255;
constexpr std::chrono::microseconds kLookOut{20};

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Waits until the state differs from `left`: first looking, then asleep.
void wait_while(const std::atomic<int>& state, int left) {
  const auto start = std::chrono::steady_clock::now();
  do {
    for (int i = 0; i < 16; ++i) {
      if (state.load(std::memory_order_acquire) != left) return;
      pause();
    }
  } while (std::chrono::steady_clock::now() - start < kLookOut);
  state.wait(left, std::memory_order_acquire);
}

/// What is to be done in parts, and the first exception of them.
class Job {
 public:
  Job(void (*run)(void*, int), void* body) : run_(run), body_(body) {}

  void run(int part) noexcept {
    try {
      run_(body_, part);
    } catch (...) {
      std::lock_guard lock(failing_);
      if (!failure_) failure_ = std::current_exception();
    }
  }

  /// Once all parts have ended.
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void (*run_)(void*, int);
  void* body_;
  std::mutex failing_;
  std::exception_ptr failure_;
};

/// A thread that does one part at a time for whoever has taken it.
class alignas(64) Worker {
 public:
  void start() {
    std::thread([this] { work(); }).detach();
  }

  bool take() { return !taken_.load(std::memory_order_relaxed) && !taken_.exchange(true, std::memory_order_acquire); }

  void call(Job& job, int part) {
    job_ = &job;
    part_ = part;
    state_.store(kCalled, std::memory_order_release);
    state_.notify_one();
  }

  /// Calls it off if it has not begun, otherwise waits for its end.
  void give_back() {
    int was = kCalled;
    if (!state_.compare_exchange_strong(was, kIdle, std::memory_order_acquire))
      while (state_.load(std::memory_order_acquire) == kBusy) wait_while(state_, kBusy);
    taken_.store(false, std::memory_order_release);
  }

 private:
  enum State { kIdle, kCalled, kBusy };

  [[noreturn]] void work() {
    for (;;) {
      wait_while(state_, kIdle);
      int was = kCalled;
      if (!state_.compare_exchange_strong(was, kBusy, std::memory_order_acquire)) continue;
      job_->run(part_);
      state_.store(kIdle, std::memory_order_release);
      state_.notify_one();
    }
  }

  std::atomic<bool> taken_{false};
  std::atomic<int> state_{kIdle};
  Job* job_ = nullptr;
  int part_ = 0;
};

class Workers {
 public:
  /// Takes up to `wanted` idle workers, the first ones first, so that a job meets the threads of the one before it.
  int take(int wanted, Worker** out) {
    if (started_.load(std::memory_order_acquire) < wanted) start(wanted);
    const int there = std::min(wanted, started_.load(std::memory_order_acquire));
    int taken = 0;
    for (int i = 0; i < there; ++i)
      if (workers_[i].take()) out[taken++] = &workers_[i];
    return taken;
  }

 private:
  /// Where the system gives no more threads, there are fewer.
  void start(int wanted) try {
    std::lock_guard lock(starting_);
    for (int i = started_.load(std::memory_order_relaxed); i < wanted; ++i) {
      workers_[i].start();
      started_.store(i + 1, std::memory_order_release);
    }
  } catch (const std::system_error&) {
  }

  std::mutex starting_;
  std::atomic<int> started_{0};
  std::array<Worker, kMostWorkers> workers_;
};

}  // namespace

void run_shared(int threads, void (*run)(void* body, int part), void* body) {
  static Workers& workers = *new Workers;  // for as long as the process: its threads may be asleep at the end
  Worker* taken[kMostWorkers];
  const int count = threads > 1 ? workers.take(std::min(threads - 1, kMostWorkers), taken) : 0;
  Job job(run, body);
  for (int i = 0; i < count; ++i) taken[i]->call(job, i + 1);
  job.run(0);
  for (int i = 0; i < count; ++i) taken[i]->give_back();
  job.rethrow();
}

}  // namespace sensorium
