#pragma once
// Work of many requests put together into batches of a model. One thread does all of it, so that the model's own
// threads are never fought over.

#include "sensorium/serve/http_message.h"
#include "sensorium/serve/metrics.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>

namespace sensorium {

/// One piece of work, with its result.
class BatchItem {
 public:
  virtual ~BatchItem() = default;
};

/// A kind of work that can be done for several items at once: a model's pictures, its texts.
class BatchLane {
 public:
  BatchLane(std::string name, size_t most) : name(std::move(name)), most(most) {}
  virtual ~BatchLane() = default;
  /// Does 1 to `most` items. What it throws for several is thrown again for each alone that is at fault.
  virtual void run(std::span<BatchItem* const> items) = 0;
  const std::string name;
  const size_t most;

 private:
  friend class Batcher;
  double cost_s_ = 0;   // of one item, as the last batches took; guarded by the batcher's mutex
  double batch_s_ = 0;  // that the last batch took; likewise
};

struct BatcherOptions {
  size_t max_queue = 1024;    // items waiting
  double budget_s = 2;        // a request whose answer would likely take longer, or does, is refused
  double max_wait_s = 0.002;  // for more items, while requests are announced
};

/// Thread-safe.
class Batcher {
 public:
  Batcher(const BatcherOptions& options, Metrics& metrics);
  /// Ends the thread; what waits is refused, and nobody is within `run` any more when it returns.
  ~Batcher();
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  /// Returns when all items are done. Throws ApiError 429 with a time to try again when the queue is full or would take
  /// longer than the budget (an idle batcher takes all), also when that shows only later, 504 past the deadline,
  /// ClientGone, and what the lane threw. An item whose request has given up is not done any more, if it has not begun.
  void run(const std::shared_ptr<BatchLane>& lane, std::vector<std::shared_ptr<BatchItem>> items,
           const RequestContext& context) {
    run(lane, std::move(items), context, std::nullopt);
  }

  /// When a request was let in, and whether it may take longer than the budget because nothing was before it.
  struct Admitted {
    RequestContext::Clock::time_point since;
    bool was_idle = false;
  };

  /// A place in the queue for work that is being prepared, so that nothing is prepared in vain. While one lives, a
  /// fuller batch is worth a short wait.
  class Announcement {
   public:
    /// Throws ApiError 429 as `run` would.
    Announcement(Batcher& batcher, std::shared_ptr<BatchLane> lane, size_t items);
    ~Announcement() { end(); }
    Announcement(const Announcement&) = delete;
    Announcement& operator=(const Announcement&) = delete;
    /// Batcher::run, for which there is room.
    void run(std::vector<std::shared_ptr<BatchItem>> items, const RequestContext& context);

   private:
    void end();
    Batcher* batcher_;
    std::shared_ptr<BatchLane> lane_;
    size_t items_;
    double cost_s_ = 0;
    Admitted admitted_;
  };

  /// Throws ApiError 429 when one more item would likely wait longer than the budget, before it is known which. Of
  /// `at_work`, the requests let in and not answered, those that have not come here yet are taken to bring an item
  /// each, as dear as the last in the queue or, without one, in the last batch.
  void check_load(size_t at_work) const;

  /// From inside a lane that does one item at a time: does one waiting batch of the others, so that they are not kept
  /// by a long text being written. Only on the batcher's own thread.
  void let_others_run();

  size_t queued() const;
  /// What a request that comes now would wait.
  double expected_wait_s() const;

 private:
  struct Ticket {
    size_t left;
    Admitted admitted;
    bool given_up = false;
    std::exception_ptr error;
    std::condition_variable_any done;
  };
  struct Entry {
    std::shared_ptr<BatchLane> lane;
    std::shared_ptr<BatchItem> item;
    std::shared_ptr<Ticket> ticket;
    RequestContext::Clock::time_point since;
  };
  void run(const std::shared_ptr<BatchLane>& lane, std::vector<std::shared_ptr<BatchItem>> items,
           const RequestContext& context, std::optional<Admitted> admitted);
  void work();
  std::vector<Entry> take(const std::shared_ptr<BatchLane>& lane);
  void run_batch(std::vector<Entry> batch);
  void finish(const Entry& entry, std::exception_ptr error);
  void give_up(Ticket& ticket);
  void shed_late();
  double wait_locked() const;
  Admitted admit_locked(const BatchLane& lane, size_t items) const;
  ApiError refusal_locked(const char* reason) const;

  const BatcherOptions options_;
  const double planned_s_;  // of the budget; the rest is for a batch slower than the last, reading and answering
  Metrics& metrics_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> queue_;
  size_t promised_items_ = 0;  // of announcements
  double promised_s_ = 0;
  double running_s_ = 0;  // what the batch at work is expected to take
  size_t running_items_ = 0;
  double last_cost_s_ = 0;  // of an item of the last batch
  RequestContext::Clock::time_point running_since_;
  bool stopping_ = false;
  int waiting_ = 0;  // requests whose items are here
  std::condition_variable left_;
  int expected_ = 0;  // announcements
  std::thread thread_;
};

}  // namespace sensorium
