#include "sensorium/serve/batcher.h"

#include "sensorium/base/error.h"

#include <doctest/doctest.h>

#include <future>

using namespace sensorium;
using namespace std::chrono_literals;

namespace {

struct Number : BatchItem {
  explicit Number(int v) : value(v) {}
  int value, square = 0;
};

/// Squares numbers; refuses 13; may be held up.
class Squares : public BatchLane {
 public:
  explicit Squares(size_t most = 8) : BatchLane("squares", most) {}
  void run(std::span<BatchItem* const> items) override {
    {
      std::unique_lock lock(mutex);
      sizes.push_back(items.size());
      begun.notify_all();
      go.wait(lock, [&] { return open; });
    }
    for (BatchItem* item : items)
      if (static_cast<Number*>(item)->value == 13) throw InputError("square", "expected another number, got 13");
    for (BatchItem* item : items) {
      auto& n = static_cast<Number&>(*item);
      n.square = n.value * n.value;
    }
  }
  void hold() {
    std::lock_guard lock(mutex);
    open = false;
  }
  void release() {
    std::lock_guard lock(mutex);
    open = true;
    go.notify_all();
  }
  void wait_for_batches(size_t n) {
    std::unique_lock lock(mutex);
    begun.wait(lock, [&] { return sizes.size() >= n; });
  }
  std::mutex mutex;
  std::condition_variable go, begun;
  bool open = true;
  std::vector<size_t> sizes;
};

/// The square, or the message of what was thrown.
std::string ask(Batcher& batcher, const std::shared_ptr<Squares>& lane, int value, const RequestContext& context = {}) {
  const auto item = std::make_shared<Number>(value);
  try {
    batcher.run(lane, {item}, context);
  } catch (const ApiError& e) {
    return std::to_string(e.status);
  } catch (const ClientGone&) {
    return "gone";
  } catch (const std::exception& e) {
    return e.what();
  }
  return std::to_string(item->square);
}

void wait_for_queue(const Batcher& batcher, size_t n) {
  while (batcher.queued() != n) std::this_thread::sleep_for(1ms);
}

}  // namespace

TEST_CASE("work of many requests is done in batches, and each gets its own answer") {
  Metrics metrics;
  Batcher batcher({}, metrics);
  const auto lane = std::make_shared<Squares>();
  lane->hold();
  std::vector<std::future<std::string>> answers;
  answers.push_back(std::async(std::launch::async, [&] { return ask(batcher, lane, 0); }));
  lane->wait_for_batches(1);
  for (int i = 1; i < 12; ++i)
    answers.push_back(std::async(std::launch::async, [&, i] { return ask(batcher, lane, i); }));
  wait_for_queue(batcher, 11);
  lane->release();
  for (int i = 0; i < 12; ++i) CHECK(answers[static_cast<size_t>(i)].get() == std::to_string(i * i));
  CHECK(lane->sizes == std::vector<size_t>{1, 8, 3});
  CHECK(metrics.text().find("sensorium_batch_items_total{lane=\"squares\"} 12\n") != std::string::npos);
}

TEST_CASE("a bad item spoils nobody else's answer") {
  Metrics metrics;
  Batcher batcher({}, metrics);
  const auto lane = std::make_shared<Squares>();
  lane->hold();
  auto first = std::async(std::launch::async, [&] { return ask(batcher, lane, 1); });
  lane->wait_for_batches(1);
  auto bad = std::async(std::launch::async, [&] { return ask(batcher, lane, 13); });
  auto good = std::async(std::launch::async, [&] { return ask(batcher, lane, 5); });
  wait_for_queue(batcher, 2);
  lane->release();
  CHECK(bad.get() == "[square] expected another number, got 13");
  CHECK(good.get() == "25");
  CHECK(first.get() == "1");
}

TEST_CASE("a full queue refuses with 429 and a time to try again; an idle batcher takes all") {
  Metrics metrics;
  Batcher batcher({.max_queue = 2, .budget_s = 100}, metrics);
  const auto lane = std::make_shared<Squares>(1);
  lane->hold();
  std::vector<std::future<std::string>> answers;
  answers.push_back(std::async(std::launch::async, [&] { return ask(batcher, lane, 1); }));
  lane->wait_for_batches(1);
  for (int i = 2; i < 4; ++i)
    answers.push_back(std::async(std::launch::async, [&, i] { return ask(batcher, lane, i); }));
  wait_for_queue(batcher, 2);
  CHECK(ask(batcher, lane, 4) == "429");
  CHECK(metrics.text().find("sensorium_refusals_total{reason=\"queue_full\"} 1\n") != std::string::npos);
  lane->release();
  for (auto& answer : answers) CHECK(answer.get() != "429");
  std::vector<std::shared_ptr<BatchItem>> many;
  for (int i = 0; i < 5; ++i) many.push_back(std::make_shared<Number>(i));
  CHECK_NOTHROW(batcher.run(lane, many, {}));
}

TEST_CASE("what has waited longer than the budget is refused when its turn comes") {
  Metrics metrics;
  Batcher batcher({.budget_s = 0.05}, metrics);
  const auto lane = std::make_shared<Squares>(1);
  lane->hold();
  std::vector<std::future<std::string>> answers;
  answers.push_back(std::async(std::launch::async, [&] { return ask(batcher, lane, 1); }));
  lane->wait_for_batches(1);
  for (size_t i = 2; i < 4; ++i) {
    answers.push_back(std::async(std::launch::async, [&, i] { return ask(batcher, lane, static_cast<int>(i)); }));
    wait_for_queue(batcher, i - 1);
  }
  std::this_thread::sleep_for(100ms);
  lane->release();
  CHECK(answers[0].get() == "1");
  CHECK(answers[1].get() == "4");  // nothing was queued before it
  CHECK(answers[2].get() == "429");
  CHECK(metrics.text().find("sensorium_refusals_total{reason=\"queue_late\"} 1\n") != std::string::npos);
}

TEST_CASE("a queue that would take longer than the budget refuses") {
  Metrics metrics;
  Batcher batcher({.max_queue = 1000, .budget_s = 0.05}, metrics);
  const auto lane = std::make_shared<Squares>(1);
  lane->hold();
  auto slow = std::async(std::launch::async, [&] { return ask(batcher, lane, 1); });
  lane->wait_for_batches(1);
  std::this_thread::sleep_for(60ms);  // what an item costs, as it will be known
  lane->release();
  CHECK(slow.get() == "1");
  lane->hold();
  std::vector<std::future<std::string>> answers;
  answers.push_back(std::async(std::launch::async, [&] { return ask(batcher, lane, 2); }));
  lane->wait_for_batches(2);
  answers.push_back(std::async(std::launch::async, [&] { return ask(batcher, lane, 3); }));
  wait_for_queue(batcher, 1);
  CHECK(ask(batcher, lane, 4) == "429");
  CHECK_THROWS_AS(batcher.check_load(0), ApiError);
  lane->release();
  for (auto& answer : answers) answer.get();
}

TEST_CASE("requests on their way to the queue count as if they were in it") {
  Metrics metrics;
  Batcher batcher({.max_queue = 1000, .budget_s = 0.5}, metrics);
  const auto lane = std::make_shared<Squares>(1);
  lane->hold();
  auto first = std::async(std::launch::async, [&] { return ask(batcher, lane, 1); });
  lane->wait_for_batches(1);
  std::this_thread::sleep_for(60ms);  // what an item costs, as it will be known
  lane->release();
  CHECK(first.get() == "1");
  lane->hold();
  std::vector<std::future<std::string>> answers;
  for (size_t i = 0; i < 2; ++i) {
    answers.push_back(std::async(std::launch::async, [&] { return ask(batcher, lane, 2); }));
    if (i == 0) lane->wait_for_batches(2);
  }
  wait_for_queue(batcher, 1);
  CHECK_NOTHROW(batcher.check_load(2));
  CHECK_THROWS_AS(batcher.check_load(2 + 20), ApiError);
  lane->release();
  for (auto& answer : answers) answer.get();
}

TEST_CASE("past its deadline a request gets 504, and its work is not begun") {
  Metrics metrics;
  Batcher batcher({}, metrics);
  const auto lane = std::make_shared<Squares>(1);
  lane->hold();
  auto first = std::async(std::launch::async, [&] { return ask(batcher, lane, 1); });
  lane->wait_for_batches(1);
  RequestContext context;
  context.deadline = RequestContext::Clock::now() + 20ms;
  CHECK(ask(batcher, lane, 2, context) == "504");
  CHECK(batcher.queued() == 0);
  lane->release();
  CHECK(first.get() == "1");
  CHECK(lane->sizes.size() == 1);
}

TEST_CASE("a client that goes takes its work out of the queue") {
  Metrics metrics;
  Batcher batcher({}, metrics);
  const auto lane = std::make_shared<Squares>(1);
  lane->hold();
  auto first = std::async(std::launch::async, [&] { return ask(batcher, lane, 1); });
  lane->wait_for_batches(1);
  std::stop_source gone;
  RequestContext context;
  context.gone = gone.get_token();
  auto second = std::async(std::launch::async, [&] { return ask(batcher, lane, 2, context); });
  wait_for_queue(batcher, 1);
  gone.request_stop();
  CHECK(second.get() == "gone");
  CHECK(batcher.queued() == 0);
  lane->release();
  CHECK(first.get() == "1");
}

TEST_CASE("what waits at the end is refused") {
  Metrics metrics;
  auto batcher = std::make_unique<Batcher>(BatcherOptions{}, metrics);
  const auto lane = std::make_shared<Squares>(1);
  lane->hold();
  auto first = std::async(std::launch::async, [&] { return ask(*batcher, lane, 1); });
  lane->wait_for_batches(1);
  auto second = std::async(std::launch::async, [&] { return ask(*batcher, lane, 2); });
  wait_for_queue(*batcher, 1);
  auto end = std::async(std::launch::async, [&] { batcher.reset(); });
  std::this_thread::sleep_for(10ms);
  lane->release();
  CHECK(first.get() == "1");
  CHECK((second.get() == "503" || lane->sizes.size() == 2));
  end.get();
}
