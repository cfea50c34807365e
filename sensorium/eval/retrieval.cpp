#include "sensorium/eval/retrieval.h"

#include "sensorium/base/error.h"
#include "sensorium/base/threads.h"

#include <algorithm>
#include <cmath>

namespace sensorium {
namespace {

constexpr size_t kRecalls = DirectionMetrics::kRecallAt.size();
constexpr const char* kOperation = "evaluate retrieval";

/// What is known of each query of one direction.
struct Direction {
  std::vector<RankLaw> laws;
  std::vector<RankLaw> chance;                // the law if all scores were equal
  std::vector<std::vector<int64_t>> of_unit;  // queries of each image, the unit of the bootstrap
  int64_t gallery = 0;
};

using Values = std::array<std::vector<double>, kRecalls + 1>;  // a value a query: recalls, then the rank

Values query_values(const std::vector<RankLaw>& laws) {
  Values values;
  for (const RankLaw& law : laws) {
    for (size_t r = 0; r < kRecalls; ++r) values[r].push_back(law.within(DirectionMetrics::kRecallAt[r]));
    values[kRecalls].push_back(law.expected_rank());
  }
  return values;
}

/// Mean recalls, median rank, mean rank of the queries of the given units.
std::vector<double> statistics(const Direction& d, const Values& values, std::span<const int64_t> units) {
  std::vector<double> result(kRecalls + 2), ranks;
  for (const int64_t u : units)
    for (const int64_t q : d.of_unit[static_cast<size_t>(u)]) {
      const auto i = static_cast<size_t>(q);
      for (size_t r = 0; r < kRecalls; ++r) result[r] += values[r][i];
      result[kRecalls + 1] += values[kRecalls][i];
      ranks.push_back(values[kRecalls][i]);
    }
  const auto n = static_cast<double>(ranks.size());
  for (double& x : result) x /= n;
  result[kRecalls] = median(std::move(ranks));
  return result;
}

/// The smallest rank that a query reaches by chance with probability one half.
double chance_median(const Direction& d) {
  auto share = [&](int64_t k) {
    double sum = 0;
    for (const RankLaw& law : d.chance) sum += law.within(k);
    return sum / static_cast<double>(d.chance.size());
  };
  int64_t low = 1, high = d.gallery;
  while (low < high) {
    const int64_t middle = (low + high) / 2;
    if (share(middle) >= 0.5 - 1e-12)
      high = middle;
    else
      low = middle + 1;
  }
  return static_cast<double>(low);
}

DirectionMetrics summarise(const Direction& d, const RetrievalOptions& options) {
  std::vector<int64_t> all(d.of_unit.size());
  for (size_t u = 0; u < all.size(); ++u) all[u] = static_cast<int64_t>(u);
  const Values values = query_values(d.laws);
  const auto figures = statistics(d, values, all);
  const auto by_chance = statistics(d, query_values(d.chance), all);
  const auto intervals = bootstrap_95({static_cast<int64_t>(all.size()), options.replicates, options.seed},
                                      [&](std::span<const int64_t> units) { return statistics(d, values, units); });
  DirectionMetrics m;
  m.queries = static_cast<int64_t>(d.laws.size());
  m.gallery = d.gallery;
  for (size_t r = 0; r < kRecalls; ++r) m.recall[r] = {figures[r], by_chance[r], intervals[r]};
  m.median_rank = {figures[kRecalls], chance_median(d), intervals[kRecalls]};
  m.mean_rank = {figures[kRecalls + 1], by_chance[kRecalls + 1], intervals[kRecalls + 1]};
  return m;
}

std::vector<std::vector<int64_t>> texts_of_images(const RetrievalPairs& pairs) {
  if (pairs.images <= 0 || pairs.image_of_text.empty())
    throw InputError(kOperation, "expected at least one picture and one caption, got {} and {}", pairs.images,
                     pairs.image_of_text.size());
  std::vector<std::vector<int64_t>> texts(static_cast<size_t>(pairs.images));
  for (size_t j = 0; j < pairs.image_of_text.size(); ++j) {
    const int64_t image = pairs.image_of_text[j];
    if (image < 0 || image >= pairs.images)
      throw InputError(kOperation, "expected a picture index below {} for caption {}, got {}", pairs.images, j, image);
    texts[static_cast<size_t>(image)].push_back(static_cast<int64_t>(j));
  }
  return texts;
}

/// Calls body(query, scores) for each query with the row of its scores, checked to be finite.
void for_each_row(size_t queries, size_t gallery, int threads,
                  const std::function<void(size_t, std::span<double>)>& body) {
  constexpr size_t kBlock = 16;  // queries a task: one buffer serves them all
  parallel_for((queries + kBlock - 1) / kBlock, threads, [&](size_t block) {
    std::vector<double> scores(gallery);
    for (size_t q = block * kBlock; q < std::min(queries, (block + 1) * kBlock); ++q) body(q, scores);
  });
}

void require_finite(std::span<const double> scores, std::string_view what, size_t query) {
  for (const double s : scores)
    if (!std::isfinite(s)) throw InputError(kOperation, "expected finite scores for {} {}, got {}", what, query, s);
}

Direction image_to_text(const ScoreRow& row, const RetrievalPairs& pairs,
                        const std::vector<std::vector<int64_t>>& texts, int threads) {
  Direction d;
  d.gallery = static_cast<int64_t>(pairs.image_of_text.size());
  std::vector<int64_t> queries;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].empty()) continue;
    d.of_unit.push_back({static_cast<int64_t>(queries.size())});
    queries.push_back(static_cast<int64_t>(i));
    const auto own = static_cast<int64_t>(texts[i].size());
    d.chance.push_back({0, own, d.gallery - own});
  }
  d.laws.resize(queries.size());
  for_each_row(queries.size(), pairs.image_of_text.size(), threads, [&](size_t q, std::span<double> scores) {
    row(queries[q], scores);
    require_finite(scores, "picture", static_cast<size_t>(queries[q]));
    d.laws[q] = rank_law(scores, texts[static_cast<size_t>(queries[q])]);
  });
  return d;
}

Direction text_to_image(const ScoreRow& row, const RetrievalPairs& pairs,
                        const std::vector<std::vector<int64_t>>& texts, int threads) {
  Direction d;
  d.gallery = pairs.images;
  for (const auto& own : texts)
    if (!own.empty()) d.of_unit.push_back(own);
  d.laws.resize(pairs.image_of_text.size());
  d.chance.assign(d.laws.size(), {0, 1, pairs.images - 1});
  for_each_row(d.laws.size(), static_cast<size_t>(pairs.images), threads, [&](size_t q, std::span<double> scores) {
    row(static_cast<int64_t>(q), scores);
    require_finite(scores, "caption", q);
    d.laws[q] = rank_law(scores, std::span(&pairs.image_of_text[q], 1));
  });
  return d;
}

}  // namespace

RetrievalMetrics evaluate_retrieval_scores(const ScoreRow& image_scores, const ScoreRow& text_scores,
                                           const RetrievalPairs& pairs, const RetrievalOptions& options) {
  const auto texts = texts_of_images(pairs);
  RetrievalMetrics m;
  m.images = pairs.images;
  m.texts = static_cast<int64_t>(pairs.image_of_text.size());
  m.image_to_text = summarise(image_to_text(image_scores, pairs, texts, options.threads), options);
  m.text_to_image = summarise(text_to_image(text_scores, pairs, texts, options.threads), options);
  return m;
}

RetrievalMetrics evaluate_retrieval(const EmbeddingRows& images, const EmbeddingRows& texts,
                                    const RetrievalPairs& pairs, const RetrievalOptions& options) {
  if (images.width != texts.width)
    throw InputError(kOperation, "expected embeddings of one width, got {} for pictures and {} for captions",
                     images.width, texts.width);
  const auto captions = static_cast<int64_t>(pairs.image_of_text.size());
  if (images.count() != pairs.images || texts.count() != captions)
    throw InputError(kOperation, "expected {} picture and {} caption embeddings, got {} and {}", pairs.images, captions,
                     images.count(), texts.count());
  return evaluate_retrieval_scores([&](int64_t q, std::span<double> out) { dot_all(images.row(q), texts, out); },
                                   [&](int64_t q, std::span<double> out) { dot_all(texts.row(q), images, out); }, pairs,
                                   options);
}

}  // namespace sensorium
