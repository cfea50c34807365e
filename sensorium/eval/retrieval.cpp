#include "sensorium/eval/retrieval.h"

#include "sensorium/base/error.h"
#include "sensorium/base/threads.h"
#include "sensorium/eval/rank_stream.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace sensorium {
namespace {

constexpr size_t kRecalls = DirectionMetrics::kRecallAt.size();
constexpr const char* kOperation = "evaluate retrieval";

using Places = std::vector<RelevantPlace>;

/// What is known of each query of one direction.
struct Direction {
  std::vector<Places> places, chance;         // of each query; chance: if all scores were equal
  std::vector<std::vector<int64_t>> of_unit;  // queries of each image, the unit of the bootstrap
  int64_t gallery = 0;
};

/// A value a query: the recalls and then these.
enum Column : size_t { kRank = kRecalls, kReciprocal, kPrecision, kNdcg, kColumns };
constexpr size_t kMedian = kColumns;  // the statistics are the columns' means and the median rank
using Values = std::array<std::vector<double>, kColumns>;

Values query_values(const std::vector<Places>& queries, const TieExpectations& expectations) {
  Values values;
  for (const Places& places : queries) {
    const RankLaw law = first_law(places);
    for (size_t r = 0; r < kRecalls; ++r) values[r].push_back(law.within(DirectionMetrics::kRecallAt[r]));
    values[kRank].push_back(law.expected_rank());
    values[kReciprocal].push_back(law.expected_reciprocal());
    values[kPrecision].push_back(expectations.average_precision(places));
    values[kNdcg].push_back(expectations.ndcg_at(places, 10));
  }
  return values;
}

/// The columns' means over the queries of the given units, and the median rank.
std::vector<double> statistics(const Direction& d, const Values& values, std::span<const int64_t> units) {
  std::vector<double> result(kColumns + 1), ranks;
  for (const int64_t u : units)
    for (const int64_t q : d.of_unit[static_cast<size_t>(u)]) {
      const auto i = static_cast<size_t>(q);
      for (size_t c = 0; c < kColumns; ++c) result[c] += values[c][i];
      ranks.push_back(values[kRank][i]);
    }
  const auto n = static_cast<double>(ranks.size());
  for (double& x : result) x /= n;
  result[kMedian] = median(std::move(ranks));
  return result;
}

/// The smallest rank that a query reaches by chance with probability one half.
double chance_median(const Direction& d) {
  std::map<int64_t, int64_t> queries;  // by number of relevant items
  for (const Places& places : d.chance) ++queries[static_cast<int64_t>(places.size())];
  auto share = [&](int64_t k) {
    double sum = 0;
    for (const auto& [own, n] : queries) sum += static_cast<double>(n) * RankLaw{0, own, d.gallery - own}.within(k);
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

/// Values of queries that know nothing; computed once for each number of relevant items.
Values chance_values(const Direction& d, const TieExpectations& expectations) {
  std::map<size_t, Values> known;
  Values values;
  for (const Places& places : d.chance) {
    Values& one = known[places.size()];
    if (one[0].empty()) one = query_values({places}, expectations);
    for (size_t c = 0; c < kColumns; ++c) values[c].push_back(one[c][0]);
  }
  return values;
}

DirectionMetrics summarise(const Direction& d, const RetrievalOptions& options) {
  std::vector<int64_t> all(d.of_unit.size());
  for (size_t u = 0; u < all.size(); ++u) all[u] = static_cast<int64_t>(u);
  const TieExpectations expectations(d.gallery);
  Values values = query_values(d.places, expectations);
  const auto figures = statistics(d, values, all);
  const auto by_chance = statistics(d, chance_values(d, expectations), all);
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  std::vector<Interval> intervals(kColumns + 1, {kNone, kNone});
  if (options.replicates > 0)
    intervals = bootstrap_95({static_cast<int64_t>(all.size()), options.replicates, options.seed},
                             [&](std::span<const int64_t> units) { return statistics(d, values, units); });
  const auto estimate = [&](size_t c) { return Estimate{figures[c], by_chance[c], intervals[c]}; };
  DirectionMetrics m;
  m.queries = static_cast<int64_t>(d.places.size());
  m.gallery = d.gallery;
  for (size_t r = 0; r < kRecalls; ++r) m.recall[r] = estimate(r);
  m.median_rank = {figures[kMedian], chance_median(d), intervals[kMedian]};
  m.mean_rank = estimate(kRank);
  m.reciprocal_rank = estimate(kReciprocal);
  m.average_precision = estimate(kPrecision);
  m.ndcg_at_10 = estimate(kNdcg);
  m.ranks = std::move(values[kRank]);
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

/// Queries by picture, those with texts; their places are to be filled in.
Direction frame_image_to_text(const RetrievalPairs& pairs, const std::vector<std::vector<int64_t>>& texts,
                              std::vector<int64_t>& queries) {
  Direction d;
  d.gallery = static_cast<int64_t>(pairs.image_of_text.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].empty()) continue;
    d.of_unit.push_back({static_cast<int64_t>(queries.size())});
    queries.push_back(static_cast<int64_t>(i));
    d.chance.push_back(places_by_chance(d.gallery, static_cast<int64_t>(texts[i].size())));
  }
  d.places.resize(queries.size());
  return d;
}

Direction frame_text_to_image(const RetrievalPairs& pairs, const std::vector<std::vector<int64_t>>& texts) {
  Direction d;
  d.gallery = pairs.images;
  for (const auto& own : texts)
    if (!own.empty()) d.of_unit.push_back(own);
  d.places.resize(pairs.image_of_text.size());
  d.chance.assign(d.places.size(), places_by_chance(pairs.images, 1));
  return d;
}

RetrievalMetrics summarise_both(const RetrievalPairs& pairs, const Direction& image_to_text,
                                const Direction& text_to_image, const RetrievalOptions& options) {
  RetrievalMetrics m;
  m.images = pairs.images;
  m.texts = static_cast<int64_t>(pairs.image_of_text.size());
  m.image_to_text = summarise(image_to_text, options);
  m.text_to_image = summarise(text_to_image, options);
  return m;
}

}  // namespace

RetrievalMetrics evaluate_retrieval_scores(const ScoreRow& image_scores, const ScoreRow& text_scores,
                                           const RetrievalPairs& pairs, const RetrievalOptions& options) {
  const auto texts = texts_of_images(pairs);
  std::vector<int64_t> queries;
  Direction by_image = frame_image_to_text(pairs, texts, queries), by_text = frame_text_to_image(pairs, texts);
  for_each_row(queries.size(), pairs.image_of_text.size(), options.threads, [&](size_t q, std::span<double> scores) {
    image_scores(queries[q], scores);
    require_finite(scores, "picture", static_cast<size_t>(queries[q]));
    by_image.places[q] = relevant_places(scores, texts[static_cast<size_t>(queries[q])]);
  });
  for_each_row(by_text.places.size(), texts.size(), options.threads, [&](size_t q, std::span<double> scores) {
    text_scores(static_cast<int64_t>(q), scores);
    require_finite(scores, "caption", q);
    by_text.places[q] = relevant_places(scores, std::span(&pairs.image_of_text[q], 1));
  });
  return summarise_both(pairs, by_image, by_text, options);
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
  const auto own = texts_of_images(pairs);
  std::vector<int64_t> queries;
  Direction by_image = frame_image_to_text(pairs, own, queries), by_text = frame_text_to_image(pairs, own);
  const PairPlaces places = stream_places(images, texts, pairs.image_of_text, options.threads);
  for (size_t q = 0; q < queries.size(); ++q) {
    for (const int64_t text : own[static_cast<size_t>(queries[q])])
      by_image.places[q].push_back(places.of_text[static_cast<size_t>(text)]);
    std::sort(by_image.places[q].begin(), by_image.places[q].end());
  }
  for (size_t j = 0; j < by_text.places.size(); ++j) by_text.places[j] = {places.of_image[j]};
  return summarise_both(pairs, by_image, by_text, options);
}

}  // namespace sensorium
