#include "sensorium/train/feature_cache.h"

#include "tests/support/test_support.h"

#include <torch/torch.h>

#include <doctest/doctest.h>

namespace sensorium::test {
namespace {

/// Rows that hold their own numbers, and which of them were asked for.
struct Counter {
  std::vector<int64_t> asked;
  torch::Tensor operator()(std::span<const int64_t> numbers) {
    asked.insert(asked.end(), numbers.begin(), numbers.end());
    return torch::tensor(std::vector<int64_t>(numbers.begin(), numbers.end()), torch::kFloat)
        .unsqueeze(1)
        .expand({-1, 3});
  }
};

torch::Tensor features(const fs::path& folder, const std::string& identity, const std::vector<std::string>& rows,
                       Counter& counter) {
  return cached_features({.folder = folder,
                          .name = "states",
                          .identity = identity,
                          .count = static_cast<int64_t>(rows.size()),
                          .width = 3,
                          .chunk = 2,
                          .half = true,
                          .rows = rows},
                         std::ref(counter));
}

}  // namespace

TEST_CASE("cached features: rows that another file of the same identity holds are copied from it") {
  const ScratchFolder dir;
  Counter first, again, part, other;
  const torch::Tensor all = features(dir.path(), "tower", {"a", "b", "c", "d", "e"}, first);
  CHECK(first.asked == std::vector<int64_t>{0, 1, 2, 3, 4});
  CHECK(features(dir.path(), "tower", {"a", "b", "c", "d", "e"}, again).equal(all));
  CHECK(again.asked.empty());
  // Three known rows and a new one.
  const torch::Tensor some = features(dir.path(), "tower", {"d", "x", "b", "a"}, part);
  CHECK(part.asked == std::vector<int64_t>{1});
  CHECK(some.select(1, 0).to(torch::kFloat).equal(torch::tensor({3.f, 1.f, 1.f, 0.f})));
  features(dir.path(), "another tower", {"a", "b"}, other);
  CHECK(other.asked == std::vector<int64_t>{0, 1});
}

TEST_CASE("cached features: a file of another size is refused") {
  const ScratchFolder dir;
  Counter counter;
  features(dir.path(), "tower", {"a", "b"}, counter);
  for (const auto& entry : fs::directory_iterator(dir.path()))
    if (entry.path().extension() == ".npy") fs::resize_file(entry.path(), 130);
  CHECK_THROWS_WITH_AS(features(dir.path(), "tower", {"a", "b"}, counter), doctest::Contains("expected 2 x 3 features"),
                       InputError);
}

}  // namespace sensorium::test
