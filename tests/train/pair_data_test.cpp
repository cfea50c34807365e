#include "sensorium/train/pair_data.h"

#include "tests/support/test_support.h"

#include <doctest/doctest.h>

#include <map>
#include <set>

namespace sensorium::test {
namespace {

/// Pictures of two captions each, the first of class "rare", the others of "common".
PairData make_pairs(int64_t n, int64_t rare) {
  PairData data{"/", {}, {0}};
  for (int64_t i = 0; i < n; ++i) {
    Record r;
    r.id = std::to_string(i);
    r.label = i < rare ? "rare" : "common";
    r.captions = {{r.id + " one", "en", ""}, {r.id + " two", "en", ""}};
    data.records.push_back(std::move(r));
    data.first_caption.push_back(2 * (i + 1));
  }
  return data;
}

TEST_CASE("pairs: classes equally often, however many pictures they have") {
  const PairData data = make_pairs(40, 4);
  const PairSampler sampler(data, {.batch_size = 10, .seed = 3, .balanced = true});
  std::map<std::string, int> of_class;
  std::set<int64_t> seen;
  for (int64_t number = 0; number < 8; ++number) {
    const auto pictures = sampler.pictures(number);
    CHECK(pictures.size() == 10);
    CHECK(pictures == sampler.pictures(number));
    for (const int64_t p : pictures) {
      ++of_class[data.records[static_cast<size_t>(p)].label];
      seen.insert(p);
    }
  }
  CHECK(of_class["rare"] == 40);
  CHECK(of_class["common"] == 40);
  CHECK(seen.size() == 40);
  PairData none = make_pairs(4, 0);
  for (Record& r : none.records) r.label.clear();
  CHECK(error_of([&] { PairSampler(none, {.batch_size = 2, .balanced = true}); }) ==
        "[data] /: expected records with a class, got none");
}

TEST_CASE("pairs: a part of the rows is mismatched, evenly spread") {
  const PairData data = make_pairs(40, 4);
  for (const auto& [part, expected] : std::map<double, int>{{0, 0}, {0.25, 5}, {0.5, 10}, {1, 20}}) {
    const PairSampler sampler(data, {.batch_size = 20, .mismatched = part});
    const auto pictures = sampler.pictures(1);
    const DrawnCaptions drawn = sampler.captions(1, pictures);
    int mismatched = 0;
    for (size_t row = 0; row < pictures.size(); ++row) {
      const bool own = data.owner(drawn.captions[row]) == pictures[row];
      CHECK(own == (drawn.match[row] == 1.0f));
      if (part == 0.5) CHECK(own == (row % 2 == 0));
      mismatched += !own;
    }
    CHECK(mismatched == expected);
  }
}

}  // namespace
}  // namespace sensorium::test
