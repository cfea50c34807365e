#include "sensorium/base/checked.h"
#include "sensorium/base/file.h"
#include "sensorium/base/hash.h"
#include "sensorium/base/json.h"
#include "sensorium/base/progress.h"
#include "sensorium/base/rng.h"
#include "sensorium/base/threads.h"

#include "tests/support/test_support.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>

using namespace sensorium;
using test::error_of;

TEST_CASE("Philox4x32-10 gives the known answers of Random123") {
  CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) == std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) ==
        std::array<uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        std::array<uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a stream continues exactly from a saved position") {
  CounterRng a(7, 3);
  for (int i = 0; i < 11; ++i) a.next_u32();
  CounterRng b(7, 3);
  b.seek(a.position());
  for (int i = 0; i < 20; ++i) CHECK(a.next_u32() == b.next_u32());
  CHECK(CounterRng(7, 4).next_u64() != CounterRng(7, 3).next_u64());
}

TEST_CASE("uniform, normal and below have the moments they should") {
  CounterRng rng(1);
  double sum = 0, squares = 0;
  for (int i = 0; i < 20000; ++i) {
    const double x = rng.normal();
    sum += x;
    squares += x * x;
  }
  CHECK(std::abs(sum / 20000) < 0.03);
  CHECK(std::abs(squares / 20000 - 1) < 0.05);
  std::array<int, 7> counts{};
  for (int i = 0; i < 7000; ++i) ++counts[rng.below(7)];
  for (int c : counts) CHECK(std::abs(c - 1000) < 150);
}

TEST_CASE("permuted_index is a permutation for every size") {
  for (uint64_t n : {1, 2, 3, 4, 5, 17, 64, 1000, 4097}) {
    std::vector<uint64_t> image;
    for (uint64_t i = 0; i < n; ++i) image.push_back(permuted_index(42, n, i));
    std::sort(image.begin(), image.end());
    for (uint64_t i = 0; i < n; ++i) REQUIRE(image[i] == i);
  }
  CHECK(permuted_index(1, 1000, 0) != permuted_index(2, 1000, 0));
}

TEST_CASE("an atomic file appears whole or not at all") {
  test::ScratchFolder folder;
  write_file(folder / "a", "old");
  {
    AtomicFile f(folder / "a");
    f.write("half");
  }
  CHECK(read_file(folder / "a") == "old");
  AtomicFile f(folder / "a");
  f.write("new one");
  f.write_at(0, "N", 1);
  f.commit();
  CHECK(read_file(folder / "a") == "New one");
  CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("file faults name the file, the expected and the found") {
  test::ScratchFolder folder;
  CHECK(error_of([&] { read_file(folder / "none"); }, folder.path()) ==
        "[read] DIR/none: expected a readable file, got: No such file or directory");
  CHECK(error_of([&] { read_file(folder.path()); }, folder.path()) ==
        "[read] DIR: expected a regular file, got something else");
  write_file(folder / "long", "0123456789");
  CHECK(error_of([&] { read_file(folder / "long", 4); }, folder.path()) ==
        "[read] DIR/long: expected at most 4 bytes, got 10");
  CHECK(error_of([&] { write_file(folder / "no" / "a", "x"); }, folder.path()) ==
        "[write] DIR/no/a: expected a writable folder, got: No such file or directory");
  CHECK(MappedFile(folder / "long").bytes().size() == 10);
}

TEST_CASE("sizes that overflow are input errors") {
  const std::vector<int64_t> huge = {int64_t{1} << 40, int64_t{1} << 40};
  CHECK(error_of([&] { checked_numel(huge, "test"); }).starts_with("[test] expected a size below 2^64"));
  const std::vector<int64_t> negative = {2, -1};
  CHECK(error_of([&] { checked_numel(negative, "test"); }) == "[test] expected dimensions of at least 0, got -1");
}

TEST_CASE("JSON getters name the file, the key and what was found") {
  const Json j = Json::parse(R"({"a": 1, "b": "x", "c": null})");
  CHECK(json_get<int>(j, "a", "f") == 1);
  CHECK(json_get_or<int>(j, "c", 5, "f") == 5);
  CHECK(error_of([&] { json_get<int>(j, "b", "f"); }) == "[config] f: expected an integer for \"b\", got \"x\"");
  CHECK(error_of([&] { json_get<int>(j, "d", "f"); }) == "[config] f: expected a value for \"d\", got none");
}

TEST_CASE("parallel_for visits every index once and passes on the first error") {
  std::vector<std::atomic<int>> seen(1000);
  parallel_for(1000, 4, [&](size_t i) { ++seen[i]; });
  CHECK(std::all_of(seen.begin(), seen.end(), [](const auto& s) { return s == 1; }));
  CHECK(error_of([] {
          parallel_for(100, 4, [](size_t i) {
            if (i == 50) throw InputError("test", "expected less");
          });
        }) == "[test] expected less");
}

TEST_CASE("a bounded queue hands over in order and ends when closed") {
  BoundedQueue<int> queue(2);
  std::thread producer([&] {
    for (int i = 0; i < 100; ++i) queue.push(i);
    queue.close();
  });
  int expected = 0;
  while (auto item = queue.pop()) CHECK(*item == expected++);
  producer.join();
  CHECK(expected == 100);
  CHECK_FALSE(queue.push(1));
}

TEST_CASE("hashes and durations") {
  CHECK(content_hash("") == "99aa06d3014798d86001c324468d497f");
  CHECK(stable_hash("a") != stable_hash("b"));
  CHECK(format_duration(18.4) == "0:18");
  CHECK(format_duration(11229) == "3:07:09");
}
