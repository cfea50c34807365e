#include "sensorium/base/workers.h"

#include "sensorium/base/threads.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace sensorium;

TEST_CASE("a shared job runs part 0 on the thread that asks, and every part once at most") {
  for (int round = 0; round < 2000; ++round) {
    std::array<std::atomic<int>, 4> seen{};
    const std::thread::id here = std::this_thread::get_id();
    std::atomic<bool> first_elsewhere = false;
    auto job = [&](int part) {
      ++seen[part];
      if ((std::this_thread::get_id() == here) != (part == 0)) first_elsewhere = true;
    };
    run_shared(4, job);
    CHECK(seen[0] == 1);
    for (const auto& s : seen) CHECK(s <= 1);
    CHECK_FALSE(first_elsewhere);
  }
}

TEST_CASE("workers take part while the first one is at work") {
  std::atomic<int> there = 0;
  auto job = [&](int) {
    ++there;
    while (there < 3) std::this_thread::yield();
  };
  run_shared(3, job);
  CHECK(there == 3);
}

TEST_CASE("while all workers are busy a job is done alone, within one and beside one") {
  constexpr int kAll = 8;  // more than any other test here asks for
  std::atomic<int> outer = 0, inner = 0;
  std::atomic<bool> done = false;
  auto holding = [&](int part) {
    ++outer;
    if (part > 0) {
      while (!done) std::this_thread::yield();
      return;
    }
    while (outer < kAll) std::this_thread::yield();
    auto nested = [&](int) { ++inner; };
    run_shared(kAll, nested);
    std::thread beside([&] { run_shared(kAll, nested); });
    beside.join();
    done = true;
  };
  run_shared(kAll, holding);
  CHECK(inner == 2);
}

TEST_CASE("an exception of any part reaches the caller when all have ended") {
  for (int failing = 0; failing < 3; ++failing) {
    std::atomic<int> there = 0, ended = 0;
    auto job = [&](int part) {
      ++there;
      while (there < 3) std::this_thread::yield();
      if (part == failing) throw std::runtime_error("no memory left");
      ++ended;
    };
    CHECK_THROWS_WITH(run_shared(3, job), "no memory left");
    CHECK(ended == 2);
  }
}

TEST_CASE("many callers at once lose nothing") {
  std::atomic<int64_t> sum = 0;
  std::vector<std::thread> callers;
  for (int t = 0; t < 6; ++t)
    callers.emplace_back([&] {
      for (int round = 0; round < 300; ++round) parallel_for(20, 3, [&](size_t i) { sum += static_cast<int64_t>(i); });
    });
  for (auto& caller : callers) caller.join();
  CHECK(sum == 6 * 300 * 190);
}
