#include "sensorium/data/download_workers.h"

namespace sensorium {

DownloadWorkers::DownloadWorkers(int threads, std::function<void()> wake) : wake_(std::move(wake)) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

DownloadWorkers::~DownloadWorkers() {
  stopping_ = true;
  queue_.close();
  for (std::thread& t : threads_) t.join();
}

void DownloadWorkers::submit(Job job) {
  ++submitted_;
  queue_.push(std::move(job));
}

std::vector<DownloadWorkers::After> DownloadWorkers::take() {
  std::vector<After> out;
  {
    const std::lock_guard lock(mutex_);
    out.swap(ended_);
  }
  taken_ += out.size();
  return out;
}

void DownloadWorkers::work() {
  while (auto job = queue_.pop()) {
    if (stopping_) continue;
    After after;
    try {
      after = (*job)();
    } catch (...) {
      after = [failure = std::current_exception()] { std::rethrow_exception(failure); };
    }
    {
      const std::lock_guard lock(mutex_);
      ended_.push_back(std::move(after));
    }
    wake_();
  }
}

}  // namespace sensorium
