#include "sensorium/data/picture_batches.h"

#include "sensorium/base/threads.h"
#include "sensorium/data/picture_file.h"

#include <algorithm>

namespace sensorium {
namespace {

constexpr size_t kAhead = 2;

}  // namespace

PictureBatches::PictureBatches(PictureStream stream, const ImageProcessor& processor, int batch_size, int threads)
    : processor_(processor),
      batch_size_(static_cast<size_t>(batch_size)),
      pipelines_(processor),
      stream_(std::move(stream)) {
  SENSORIUM_ASSERT(batch_size > 0 && threads >= 0);
  const int wanted = threads > 0 ? threads : available_processors();
  for (int i = 0; i < wanted; ++i) threads_.emplace_back([this] { work(); });
}

PictureBatches::~PictureBatches() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

/// The first job that has pictures nobody has begun.
PictureBatches::Job* PictureBatches::open_job() {
  const auto it = std::find_if(jobs_.begin(), jobs_.end(), [](const auto& j) { return j->begun < j->items.size(); });
  return it == jobs_.end() ? nullptr : it->get();
}

/// Takes a batch from the stream, which may wait (for standard input), without the lock.
void PictureBatches::begin_job(std::unique_lock<std::mutex>& lock) {
  pulling_ = true;
  auto job = std::make_unique<Job>();
  job->first = taken_;
  std::vector<uint8_t> memory;
  if (!spare_.empty()) {
    memory = std::move(spare_.back());
    spare_.pop_back();
  }
  lock.unlock();
  try {
    while (job->items.size() < batch_size_) {
      auto item = stream_();
      if (!item) break;
      job->items.push_back(std::move(*item));
    }
    job->messages.resize(job->items.size());
    job->pixels = processor_.pixels(job->items.size(), std::move(memory));
  } catch (...) {
    job->error = std::current_exception();
    job->items.clear();
  }
  lock.lock();
  pulling_ = false;
  taken_ += job->items.size();
  ended_ = job->error || job->items.size() < batch_size_;
  if (job->error || !job->items.empty()) jobs_.push_back(std::move(job));
  changed_.notify_all();
}

void PictureBatches::decode(Job& job, size_t i) {
  const PictureItem& item = job.items[i];
  try {
    const PictureFile file(item.file);
    pipelines_.run(file.bytes(), item.file.native(), job.pixels.picture(i));
  } catch (const InputError& e) {
    job.messages[i] = e.what();
  }
}

void PictureBatches::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto may_begin = [&] { return !ended_ && !pulling_ && jobs_.size() < kAhead; };
    changed_.wait(lock, [&] { return stopping_ || open_job() || may_begin() || (ended_ && !pulling_); });
    if (stopping_) return;
    Job* job = open_job();
    if (!job) {
      if (!may_begin()) return;  // the end
      begin_job(lock);
      continue;
    }
    const size_t i = job->begun++;
    lock.unlock();
    std::exception_ptr error;
    try {
      decode(*job, i);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    if (error && !job->error) job->error = error;
    if (++job->done == job->items.size()) changed_.notify_all();
  }
}

/// What was good moves together.
void PictureBatches::finish(Job& job, PixelBatch& batch) const {
  batch.pixels = std::move(job.pixels);
  for (size_t i = 0; i < job.items.size(); ++i) {
    if (!job.messages[i].empty()) {
      batch.failures.push_back({std::move(job.items[i]), std::move(job.messages[i])});
      continue;
    }
    const size_t place = batch.items.size();
    if (place != i) std::copy_n(batch.pixels.picture(i), processor_.output_size(), batch.pixels.picture(place));
    batch.indices.push_back(job.first + i);
    batch.items.push_back(std::move(job.items[i]));
  }
  batch.pixels = processor_.pixels(batch.items.size(), std::move(batch.pixels.bytes));
}

bool PictureBatches::next(PixelBatch& batch) {
  std::unique_lock lock(mutex_);
  if (batch.pixels.bytes.capacity() > 0) spare_.push_back(std::move(batch.pixels.bytes));
  batch = {};
  changed_.wait(
      lock, [&] { return jobs_.empty() ? ended_ && !pulling_ : jobs_.front()->done == jobs_.front()->items.size(); });
  if (jobs_.empty()) return false;
  const std::unique_ptr<Job> job = std::move(jobs_.front());
  jobs_.pop_front();
  changed_.notify_all();
  lock.unlock();
  if (job->error) std::rethrow_exception(job->error);
  finish(*job, batch);
  return true;
}

}  // namespace sensorium
