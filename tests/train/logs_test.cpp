#include "sensorium/train/append_file.h"
#include "sensorium/train/divergence.h"
#include "sensorium/train/event_file.h"
#include "sensorium/train/results_log.h"
#include "sensorium/train/schedule.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

#include <numbers>

namespace sensorium::test {
namespace {

fs::path event_file(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) return entry.path();
  return {};
}

}  // namespace

TEST_CASE("schedule: linear warm-up, half a cosine, constant") {
  const Schedule cosine{ScheduleKind::cosine, 1e-3, 3, 10};
  CHECK(cosine.at(0) == doctest::Approx(1e-3 / 3));
  CHECK(cosine.at(2) == 1e-3);
  CHECK(cosine.at(3) == 1e-3);
  CHECK(cosine.at(9) == doctest::Approx(1e-3 * 0.5 * (1 + std::cos(std::numbers::pi * 6 / 7))));
  CHECK(cosine.at(10) == 0);
  CHECK(Schedule{ScheduleKind::constant, 2.0, 0, 5}.at(4) == 2.0);
}

TEST_CASE("crc32c: the check value of the polynomial, and TFRecord's mask") {
  CHECK(crc32c("123456789") == 0xE3069283u);
  CHECK(masked_crc32c("123456789") == ((0xE3069283u >> 15 | 0xE3069283u << 17) + 0xA282EAD8u));
}

TEST_CASE("event files: what was written is read back; resuming drops later steps and a torn record") {
  const ScratchFolder dir;
  const auto write = [&](int64_t from, int64_t to, int64_t last) {
    EventWriter writer(dir.path(), last);
    for (int64_t step = from; step <= to; ++step) {
      const Scalar scalars[] = {{"train/loss", 1.0 / static_cast<double>(step)}, {"train/lr", 0.5}};
      writer.write(step, scalars);
    }
  };
  write(1, 5, 0);
  const fs::path path = event_file(dir.path());
  append_to_file(path, read_file(path).substr(0, 20));  // a record cut short
  write(4, 6, 3);
  const std::vector<Event> events = read_events(path);
  REQUIRE(events.size() == 7);
  CHECK(events[0].file_version == "brain.Event:2");
  for (size_t i = 1; i < events.size(); ++i) {
    CHECK(events[i].step == static_cast<int64_t>(i));
    REQUIRE(events[i].scalars.size() == 2);
    CHECK(events[i].scalars[0].first == "train/loss");
    CHECK(events[i].scalars[0].second == 1.0f / static_cast<float>(i));
  }
}

TEST_CASE("event files: a damaged record is refused") {
  const ScratchFolder dir;
  { EventWriter(dir.path(), 0).write(1, {}); }
  const fs::path path = event_file(dir.path());
  std::string bytes = read_file(path);
  bytes[14] ^= 1;
  write_file(dir / "broken", bytes);
  CHECK(error_of([&] { read_events(dir / "broken"); }, dir.path()) ==
        "[tensorboard] DIR/broken: expected a whole record at byte 0, got a wrong checksum");
}

TEST_CASE("results.jsonl: resuming keeps whole lines up to its step") {
  const ScratchFolder dir;
  const fs::path path = dir / "results.jsonl";
  {
    ResultsLog log(path, 0);
    for (int step = 1; step <= 4; ++step) log.write({{"step", step}, {"loss", 0.5}});
    append_to_file(path, "{\"step\": 5, \"lo");
  }
  ResultsLog(path, 3).write({{"step", 4}, {"loss", 0.25}});
  CHECK(
      read_file(path) ==
      "{\"step\":1,\"loss\":0.5}\n{\"step\":2,\"loss\":0.5}\n{\"step\":3,\"loss\":0.5}\n{\"step\":4,\"loss\":0.25}\n");
}

TEST_CASE("divergence: a loss far above its best for long, not a spike") {
  DivergenceMonitor monitor;
  monitor.patience = 20;
  for (int i = 0; i < 200; ++i) CHECK_FALSE(monitor.diverged(1.0));
  CHECK_FALSE(monitor.diverged(40.0));
  for (int i = 0; i < 100; ++i) CHECK_FALSE(monitor.diverged(1.0));
  int steps = 0;
  while (!monitor.diverged(5.0) && steps < 1000) ++steps;
  CHECK(steps > 20);
  CHECK(steps < 100);
}

}  // namespace sensorium::test
