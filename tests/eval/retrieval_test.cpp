// Retrieval against the reference figures (tests/goldens/metrics), the formulas, and by hand.

#include "sensorium/eval/retrieval.h"

#include "sensorium/base/json.h"
#include "sensorium/base/rng.h"
#include "sensorium/eval/rank_stream.h"
#include "sensorium/eval/ranking_kernels.h"
#include "sensorium/io/safetensors.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <tuple>

using namespace sensorium;

namespace {

std::vector<double> doubles(const TensorView& t) {
  REQUIRE(t.dtype == SafeDType::F64);
  std::vector<double> v(t.numel());
  std::memcpy(v.data(), t.data.data(), t.data.size());
  return v;
}

/// Similarities of a golden: image i with caption j, caption j of image j / (M / N).
struct Case {
  std::vector<double> similarity;
  size_t images, texts;
  RetrievalPairs pairs;
  explicit Case(const fs::path& folder) {
    const SafetensorsFile file(folder / "inputs.safetensors");
    const TensorView& t = file.at("similarity");
    similarity = doubles(t);
    images = static_cast<size_t>(t.shape[0]);
    texts = static_cast<size_t>(t.shape[1]);
    pairs.images = t.shape[0];
    for (size_t j = 0; j < texts; ++j) pairs.image_of_text.push_back(static_cast<int64_t>(j / (texts / images)));
  }
  ScoreRow image_scores() const {
    return [this](int64_t q, std::span<double> out) {
      for (size_t j = 0; j < texts; ++j) out[j] = similarity[static_cast<size_t>(q) * texts + j];
    };
  }
  ScoreRow text_scores() const {
    return [this](int64_t q, std::span<double> out) {
      for (size_t i = 0; i < images; ++i) out[i] = similarity[i * texts + static_cast<size_t>(q)];
    };
  }
};

void check_direction(const DirectionMetrics& m, const Json& expected) {
  const Json& random = expected.at("expected_random");
  for (size_t r = 0; r < 3; ++r) {
    const double want = random.at("recall_at").at(std::to_string(DirectionMetrics::kRecallAt[r]));
    CHECK(m.recall[r].value == doctest::Approx(want).epsilon(1e-9));
    CHECK(m.recall[r].interval.low <= m.recall[r].value);
    CHECK(m.recall[r].interval.high >= m.recall[r].value);
  }
  CHECK(m.mean_rank.value == doctest::Approx(random.at("mean_rank").get<double>()).epsilon(1e-9));
}

void check_ranks(const Case& c, const fs::path& folder) {
  const SafetensorsFile file(folder / "expected.safetensors");
  const auto i2t = doubles(file.at("i2t_rank_expected")), t2i = doubles(file.at("t2i_rank_expected"));
  std::vector<double> row(c.texts);
  for (size_t i = 0; i < c.images; ++i) {
    std::vector<int64_t> own;
    for (size_t j = 0; j < c.texts; ++j)
      if (c.pairs.image_of_text[j] == static_cast<int64_t>(i)) own.push_back(static_cast<int64_t>(j));
    c.image_scores()(static_cast<int64_t>(i), row);
    CHECK(rank_law(row, own).expected_rank() == doctest::Approx(i2t[i]).epsilon(1e-9));
  }
  row.resize(c.images);
  for (size_t j = 0; j < c.texts; ++j) {
    c.text_scores()(static_cast<int64_t>(j), row);
    const RankLaw law = rank_law(row, std::span(&c.pairs.image_of_text[j], 1));
    CHECK(law.expected_rank() == doctest::Approx(t2i[j]).epsilon(1e-9));
  }
}

}  // namespace

TEST_CASE("retrieval figures equal the reference, with and without ties") {
  for (const char* name : {"no_ties", "many_ties", "all_equal"}) {
    CAPTURE(name);
    const fs::path folder = test::goldens() / "metrics" / "retrieval" / name;
    const Case c(folder);
    const Json expected = read_json(folder / "expected.json");
    const RetrievalMetrics m = evaluate_retrieval_scores(c.image_scores(), c.text_scores(), c.pairs);
    check_direction(m.image_to_text, expected.at("image_to_text"));
    check_direction(m.text_to_image, expected.at("text_to_image"));
    check_ranks(c, folder);
    if (std::string(name) == "no_ties") {  // all rules agree there
      const double want = expected.at("image_to_text").at("lower_id_first").at("median_rank");
      CHECK(m.image_to_text.median_rank.value == want);
    }
    if (std::string(name) == "all_equal") CHECK(m.text_to_image.recall[0].value == m.text_to_image.recall[0].chance);
  }
}

TEST_CASE("chance is what equal scores give") {
  RetrievalPairs pairs{100, {}};
  for (int64_t j = 0; j < 500; ++j) pairs.image_of_text.push_back(j % 100);
  const ScoreRow equal = [](int64_t, std::span<double> out) { std::fill(out.begin(), out.end(), 0.5); };
  const RetrievalMetrics m = evaluate_retrieval_scores(equal, equal, pairs, {.replicates = 10});
  CHECK(m.text_to_image.recall[2].chance == doctest::Approx(0.1));
  CHECK(m.text_to_image.mean_rank.chance == doctest::Approx(50.5));
  CHECK(m.text_to_image.median_rank.chance == 50);
  CHECK(m.image_to_text.recall[0].chance == doctest::Approx(0.01));
  CHECK(m.image_to_text.mean_rank.chance == doctest::Approx(501.0 / 6));
  CHECK(m.image_to_text.recall[2].value == doctest::Approx(m.image_to_text.recall[2].chance));
}

TEST_CASE("embeddings: perfect pairs, pictures without captions, any number of threads") {
  const int64_t n = 37, width = 19;
  CounterRng rng(5);
  std::vector<float> images(static_cast<size_t>(n * width)), texts;
  for (float& x : images) x = static_cast<float>(rng.normal());
  RetrievalPairs pairs{n, {}};
  for (int64_t i = 0; i + 1 < n; ++i) {  // the last picture has no caption
    for (int64_t d = 0; d < width; ++d) texts.push_back(images[static_cast<size_t>(i * width + d)] * 3);
    pairs.image_of_text.push_back(i);
  }
  for (size_t i = 0; i < images.size(); i += width) {
    const float length = std::sqrt(dot({&images[i], width}, {&images[i], width}));
    for (size_t d = 0; d < width; ++d) images[i + d] /= length;
  }
  const EmbeddingRows a{images, width}, b{texts, width};
  const RetrievalMetrics m = evaluate_retrieval(a, b, pairs, {.threads = 1});
  CHECK(m.text_to_image.recall[0].value == 1);
  CHECK(m.image_to_text.queries == n - 1);
  CHECK(m.text_to_image.gallery == n);
  const RetrievalMetrics again = evaluate_retrieval(a, b, pairs, {.threads = 4});
  CHECK(again.image_to_text.mean_rank.value == m.image_to_text.mean_rank.value);
  CHECK(again.image_to_text.mean_rank.interval.high == m.image_to_text.mean_rank.interval.high);
}

TEST_CASE("equal embeddings tie wherever they stand") {
  std::vector<float> gallery;
  CounterRng rng(1);
  std::vector<float> v(53), q(53);
  for (float& x : v) x = static_cast<float>(rng.normal());
  for (float& x : q) x = static_cast<float>(rng.normal());
  for (int i = 0; i < 70; ++i) gallery.insert(gallery.end(), v.begin(), v.end());
  std::vector<double> scores(70);
  dot_all(q, {gallery, 53}, scores);
  CHECK(std::all_of(scores.begin(), scores.end(), [&](double s) { return s == scores[0]; }));
}

TEST_CASE("bad input is said") {
  std::vector<float> two{1, 0, 0, 1}, nan{1, 0, NAN, 1};
  const EmbeddingRows good{two, 2};
  using test::error_of;
  CHECK(error_of([&] {
          evaluate_retrieval({{}, 2}, good, {0, {0, 1}});
        }) == "[evaluate retrieval] expected at least one picture and one caption, got 0 and 2");
  CHECK(error_of([&] {
          evaluate_retrieval({two, 4}, good, {1, {0, 0}});
        }) == "[evaluate retrieval] expected embeddings of one width, got 4 for pictures and 2 for captions");
  CHECK(error_of([&] {
          evaluate_retrieval(good, good, {2, {0, 2}});
        }) == "[evaluate retrieval] expected a picture index below 2 for caption 1, got 2");
  CHECK(error_of([&] {
          evaluate_retrieval(good, good, {3, {0, 1}});
        }) == "[evaluate retrieval] expected 3 picture and 2 caption embeddings, got 2 and 2");
  CHECK(error_of([&] {
          evaluate_retrieval(good, {nan, 2}, {2, {0, 1}}, {.threads = 1});
        }) == "[evaluate retrieval] expected finite embeddings below 1e18, got nan as squared length of caption 1");
}

namespace {

/// Rows of a few small integers, so that many scores are equal.
std::vector<float> coarse_rows(int64_t rows, int64_t width, uint64_t seed) {
  CounterRng rng(seed);
  std::vector<float> values(static_cast<size_t>(rows * width));
  for (float& x : values) x = static_cast<float>(rng.below(3)) - 1;
  return values;
}

bool same(const RelevantPlace& a, const RelevantPlace& b) {
  return a.greater == b.greater && a.equal == b.equal && a.lower == b.lower;
}

}  // namespace

TEST_CASE("one pass over all scores finds the places that rows of scores give, ties and all") {
  for (const auto& [images, texts, width] :
       {std::tuple<int64_t, int64_t, int64_t>{1, 1, 1}, {7, 64, 3}, {97, 131, 5}, {200, 1100, 9}}) {
    const auto a = coarse_rows(images, width, 1), b = coarse_rows(texts, width, 2);
    const EmbeddingRows left{a, width}, right{b, width};
    std::vector<int64_t> image_of_text;
    for (int64_t j = 0; j < texts; ++j) image_of_text.push_back((j * 5) % images);
    const PairPlaces places = stream_places(left, right, image_of_text, 1);
    const PairPlaces again = stream_places(left, right, image_of_text, 3);
    std::vector<double> row;
    for (int64_t j = 0; j < texts; ++j) {
      const auto t = static_cast<size_t>(j);
      const int64_t i = image_of_text[t];
      row.resize(static_cast<size_t>(texts));
      dot_all(left.row(i), right, row);
      CHECK(same(places.of_text[t], relevant_places(row, std::span(&j, 1))[0]));
      row.resize(static_cast<size_t>(images));
      dot_all(right.row(j), left, row);
      CHECK(same(places.of_image[t], relevant_places(row, std::span(&i, 1))[0]));
      CHECK(same(places.of_text[t], again.of_text[t]));
      CHECK(same(places.of_image[t], again.of_image[t]));
    }
  }
}

TEST_CASE("every instruction set counts alike") {
  const int64_t rows = 13, width = 33;
  CounterRng rng(4);
  std::vector<float> a(rows * width), panel(static_cast<size_t>(width * kPanel)), thresholds(kPanel);
  for (float& x : a) x = static_cast<float>(rng.below(5)) - 2;
  for (float& x : panel) x = static_cast<float>(rng.below(5)) - 2;
  for (float& x : thresholds) x = static_cast<float>(rng.below(9)) - 4;
  std::vector<float> first(static_cast<size_t>(rows * kPanel));
  kRankingGeneric.scores(rows, width, a.data(), panel.data(), first.data());
  std::vector<int32_t> above(kPanel);
  bool equal = kRankingGeneric.count_columns(rows, first.data(), thresholds.data(), above.data());
  for (const RankingKernels* k : {&ranking_kernels()}) {
    CAPTURE(k->name);
    std::vector<float> scores(first.size());
    k->scores(rows, width, a.data(), panel.data(), scores.data());
    CHECK(scores == first);  // small integers: no rounding
    std::vector<int32_t> counted(kPanel);
    CHECK(k->count_columns(rows, scores.data(), thresholds.data(), counted.data()) == equal);
    CHECK(counted == above);
    bool row_equal = false, expected_equal = false;
    CHECK(k->count_row(&scores[kPanel], 1, row_equal) == kRankingGeneric.count_row(&first[kPanel], 1, expected_equal));
    CHECK(row_equal == expected_equal);
  }
}

TEST_CASE("expected average precision under ties is the mean over all orders") {
  const std::vector<RelevantPlace> places = {{0, 1, 0}, {1, 4, 0}, {1, 4, 2}};  // 5 items: one alone, then two of four
  double sum = 0;
  int orders = 0;
  for (int first = 0; first < 4; ++first)
    for (int second = first + 1; second < 4; ++second, ++orders)
      sum += average_precision_at(std::vector<int64_t>{1, 2 + first, 2 + second}, 5);
  CHECK(TieExpectations(5).average_precision(places) == doctest::Approx(sum / orders).epsilon(1e-12));
  CHECK(first_law(places).expected_reciprocal() == 1);
  CHECK(RankLaw{0, 1, 3}.expected_reciprocal() == doctest::Approx((1 + 1.0 / 2 + 1.0 / 3 + 1.0 / 4) / 4));
}
