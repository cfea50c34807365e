#include "sensorium/serve/batcher.h"

#include <algorithm>

namespace sensorium {

using Clock = RequestContext::Clock;

Batcher::Batcher(const BatcherOptions& options, Metrics& metrics)
    : options_(options), planned_s_(0.85 * options.budget_s), metrics_(metrics), thread_([this] { work(); }) {}

Batcher::~Batcher() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
  std::unique_lock lock(mutex_);
  left_.wait(lock, [&] { return waiting_ == 0; });
}

Batcher::Announcement::Announcement(Batcher& batcher, std::shared_ptr<BatchLane> lane, size_t items)
    : batcher_(&batcher), lane_(std::move(lane)), items_(items) {
  std::lock_guard lock(batcher.mutex_);
  admitted_ = batcher.admit_locked(*lane_, items);
  cost_s_ = lane_->cost_s_ * static_cast<double>(items);
  batcher.promised_items_ += items;
  batcher.promised_s_ += cost_s_;
  ++batcher.expected_;
}

void Batcher::Announcement::end() {
  if (!batcher_) return;
  std::lock_guard lock(batcher_->mutex_);
  batcher_->promised_items_ -= items_;
  batcher_->promised_s_ = batcher_->promised_items_ == 0 ? 0 : batcher_->promised_s_ - cost_s_;
  if (--batcher_->expected_ == 0) batcher_->changed_.notify_all();
  batcher_ = nullptr;
}

void Batcher::Announcement::run(std::vector<std::shared_ptr<BatchItem>> items, const RequestContext& context) {
  Batcher& batcher = *batcher_;
  end();
  batcher.run(lane_, std::move(items), context, admitted_);
}

void Batcher::check_load(size_t at_work) const {
  std::lock_guard lock(mutex_);
  const size_t here = queue_.size() + promised_items_ + running_items_, coming = at_work - std::min(at_work, here);
  if (queue_.empty() && promised_items_ == 0 && coming == 0) return;
  const double cost_s = queue_.empty() ? last_cost_s_ : queue_.back().lane->cost_s_;
  if (wait_locked() + static_cast<double>(coming + 1) * cost_s <= planned_s_) return;
  throw refusal_locked("queue_slow");
}

double Batcher::wait_locked() const {
  double wait_s = std::max(0.0, running_s_ - std::chrono::duration<double>(Clock::now() - running_since_).count());
  if (running_s_ == 0) wait_s = 0;
  for (const Entry& entry : queue_) wait_s += entry.lane->cost_s_;
  return wait_s + promised_s_;
}

Batcher::Admitted Batcher::admit_locked(const BatchLane& lane, size_t items) const {
  if (stopping_) throw ApiError(503, "expected a server that is not about to end, got one that is", "stopping");
  const auto now = Clock::now();
  if (queue_.empty() && promised_items_ == 0) return {now, true};
  const double wait_s = wait_locked();
  const bool full = queue_.size() + promised_items_ + items > options_.max_queue;
  if (!full && wait_s + static_cast<double>(items) * lane.cost_s_ <= planned_s_) return {now, false};
  throw refusal_locked(full ? "queue_full" : "queue_slow");
}

ApiError Batcher::refusal_locked(const char* reason) const {
  metrics_.count_refusal(reason);
  ApiError error(429, "expected room for more work, got a queue that would take too long; try again later", "busy");
  error.retry_after_s = wait_locked();
  return error;
}

void Batcher::run(const std::shared_ptr<BatchLane>& lane, std::vector<std::shared_ptr<BatchItem>> items,
                  const RequestContext& context, std::optional<Admitted> admitted) {
  if (items.empty()) return;
  context.check();
  const auto ticket = std::make_shared<Ticket>();
  std::unique_lock lock(mutex_);
  ticket->admitted = admitted ? *admitted : admit_locked(*lane, items.size());
  ticket->left = items.size();
  const auto now = Clock::now();
  for (auto& item : items) queue_.push_back({lane, std::move(item), ticket, now});
  changed_.notify_one();
  ++waiting_;
  const auto is_done = [&] { return ticket->left == 0; };
  if (context.deadline == Clock::time_point::max())
    ticket->done.wait(lock, context.gone, is_done);
  else
    ticket->done.wait_until(lock, context.gone, context.deadline, is_done);
  const bool done = is_done();
  if (!done) give_up(*ticket);
  const std::exception_ptr error = std::move(ticket->error);
  if (--waiting_ == 0) left_.notify_all();
  lock.unlock();
  if (!done) {
    context.check();
    throw ClientGone();  // stopped between the wait and the look
  }
  if (error) std::rethrow_exception(error);
}

/// Takes what has not begun out of the queue; what runs keeps its item by its own pointer.
void Batcher::give_up(Ticket& ticket) {
  ticket.given_up = true;
  std::erase_if(queue_, [&](const Entry& entry) { return entry.ticket.get() == &ticket; });
}

/// Refuses what would be answered after its budget: costs were guessed too low when it was let in, or the processors
/// are wanted by others. Answers that come too late would only make those behind them late as well.
void Batcher::shed_late() {
  const auto now = Clock::now();
  for (size_t i = 0; i < queue_.size();) {
    const std::shared_ptr<Ticket> ticket = queue_[i].ticket;
    const double waited_s = std::chrono::duration<double>(now - ticket->admitted.since).count();
    if (ticket->admitted.was_idle || waited_s + queue_[i].lane->batch_s_ <= planned_s_) {
      ++i;
      continue;
    }
    ticket->error = std::make_exception_ptr(refusal_locked("queue_late"));
    give_up(*ticket);
    ticket->left = 0;
    ticket->done.notify_all();
    i = 0;
  }
}

void Batcher::finish(const Entry& entry, std::exception_ptr error) {
  Ticket& ticket = *entry.ticket;
  if (ticket.given_up) return;
  if (error && !ticket.error) ticket.error = std::move(error);
  if (--ticket.left == 0) ticket.done.notify_all();
}

std::vector<Batcher::Entry> Batcher::take(const std::shared_ptr<BatchLane>& lane) {
  std::vector<Entry> batch;
  for (auto at = queue_.begin(); at != queue_.end() && batch.size() < lane->most;) {
    if (at->lane == lane) {
      batch.push_back(std::move(*at));
      at = queue_.erase(at);
    } else {
      ++at;
    }
  }
  return batch;
}

void Batcher::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (stopping_) break;
    const std::shared_ptr<BatchLane> lane = queue_.front().lane;
    const auto until = queue_.front().since +
                       std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options_.max_wait_s));
    const auto enough = [&] {
      const auto n = std::count_if(queue_.begin(), queue_.end(), [&](const Entry& e) { return e.lane == lane; });
      return stopping_ || expected_ == 0 || static_cast<size_t>(n) >= lane->most;
    };
    changed_.wait_until(lock, until, enough);
    shed_late();
    std::vector<Entry> batch = take(lane);
    if (stopping_ || batch.empty()) continue;
    lock.unlock();
    run_batch(std::move(batch));
    lock.lock();
  }
  for (const Entry& entry : queue_)
    finish(entry, std::make_exception_ptr(
                      ApiError(503, "expected a server that is not about to end, got one that is", "stopping")));
  queue_.clear();
}

void Batcher::run_batch(std::vector<Entry> batch) {
  BatchLane& lane = *batch[0].lane;
  std::vector<BatchItem*> items;
  for (const Entry& entry : batch) items.push_back(entry.item.get());
  const auto began = Clock::now();
  {
    std::lock_guard lock(mutex_);
    running_s_ = lane.cost_s_ * static_cast<double>(items.size());
    running_items_ = items.size();
    running_since_ = began;
  }
  std::vector<std::exception_ptr> errors(items.size());
  try {
    lane.run(items);
  } catch (...) {
    errors[0] = std::current_exception();
    // One bad item must not spoil the others' answers.
    if (items.size() > 1)
      for (size_t i = 0; i < items.size(); ++i) {
        errors[i] = nullptr;
        try {
          lane.run({&items[i], 1});
        } catch (...) {
          errors[i] = std::current_exception();
        }
      }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  metrics_.count_batch(lane.name, items.size(), seconds);
  std::lock_guard lock(mutex_);
  const double each_s = seconds / static_cast<double>(items.size());
  lane.cost_s_ = lane.cost_s_ == 0 ? each_s : 0.8 * lane.cost_s_ + 0.2 * each_s;
  lane.batch_s_ = seconds;
  last_cost_s_ = lane.cost_s_;
  running_s_ = 0;
  running_items_ = 0;
  for (size_t i = 0; i < batch.size(); ++i) finish(batch[i], std::move(errors[i]));
}

void Batcher::let_others_run() {
  std::vector<Entry> batch;
  {
    std::lock_guard lock(mutex_);
    const auto other = std::find_if(queue_.begin(), queue_.end(), [](const Entry& e) { return e.lane->most > 1; });
    if (other == queue_.end()) return;
    batch = take(std::shared_ptr<BatchLane>(other->lane));
  }
  run_batch(std::move(batch));
}

size_t Batcher::queued() const {
  std::lock_guard lock(mutex_);
  return queue_.size();
}

double Batcher::expected_wait_s() const {
  std::lock_guard lock(mutex_);
  return wait_locked();
}

}  // namespace sensorium
