#include "sensorium/eval/reference_kinds.h"
#include "sensorium/eval/relevant_places.h"

#include <algorithm>
#include <limits>

namespace sensorium {
namespace {

/// The places of each query's relevant items.
using Queries = std::vector<std::vector<RelevantPlace>>;

/// Queries of the similarity's rows, or of its columns; caption j belongs to image j / (captions / images).
Queries queries_of(const std::vector<double>& similarity, size_t images, size_t captions, bool by_image) {
  const size_t each = captions / images;
  Queries queries;
  for (size_t q = 0; q < (by_image ? images : captions); ++q) {
    std::vector<double> scores;
    std::vector<int64_t> relevant;
    if (by_image) {
      scores.assign(similarity.begin() + static_cast<std::ptrdiff_t>(q * captions),
                    similarity.begin() + static_cast<std::ptrdiff_t>((q + 1) * captions));
      for (size_t j = q * each; j < (q + 1) * each; ++j) relevant.push_back(static_cast<int64_t>(j));
    } else {
      for (size_t i = 0; i < images; ++i) scores.push_back(similarity[i * captions + q]);
      relevant.push_back(static_cast<int64_t>(q / each));
    }
    queries.push_back(relevant_places(scores, relevant));
  }
  return queries;
}

template <class Value>
double mean_over(const Queries& queries, Value&& value) {
  double sum = 0;
  for (const auto& places : queries) sum += value(places);
  return sum / static_cast<double>(queries.size());
}

Json under_rule(const Queries& queries, TieRule rule, std::vector<double>& first_ranks) {
  std::vector<std::vector<int64_t>> places;
  for (const auto& q : queries) {
    places.push_back(places_under(q, rule));
    first_ranks.push_back(static_cast<double>(places.back().front()));
  }
  const auto mean = [&](auto&& value) {
    double sum = 0;
    for (const auto& p : places) sum += value(std::span<const int64_t>(p));
    return sum / static_cast<double>(places.size());
  };
  using Places = std::span<const int64_t>;
  Json out;
  for (const int64_t k : {1, 5, 10}) {
    const std::string key = std::to_string(k);
    out["recall_at"][key] = mean([k](Places p) { return static_cast<double>(p.front() <= k); });
    out["recall_fraction_at"][key] = mean([k](Places p) { return recall_fraction_at(p, k); });
    out["precision_at"][key] = mean([k](Places p) { return precision_at(p, k); });
    out["map_at"][key] = mean([k](Places p) { return average_precision_at(p, k); });
  }
  out["map_at"]["all"] = mean([](Places p) { return average_precision_at(p, std::numeric_limits<int64_t>::max()); });
  out["mean_rank"] = mean([](Places p) { return static_cast<double>(p.front()); });
  out["mrr"] = mean([](Places p) { return 1 / static_cast<double>(p.front()); });
  out["mrr_at_10"] = mean([](Places p) { return p.front() <= 10 ? 1 / static_cast<double>(p.front()) : 0; });
  out["ndcg_at_10"] = mean([](Places p) { return ndcg_at(p, 10); });
  std::vector<double> sorted = first_ranks;
  std::sort(sorted.begin(), sorted.end());
  const size_t n = sorted.size();
  out["median_rank"] = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  return out;
}

Json under_chance(const Queries& queries, int64_t gallery, std::vector<double>& first_ranks) {
  const TieExpectations expectations(gallery);
  Json out;
  for (const int64_t k : {1, 5, 10})
    out["recall_at"][std::to_string(k)] = mean_over(queries, [k](const auto& p) { return first_law(p).within(k); });
  out["mean_rank"] = mean_over(queries, [](const auto& p) { return first_law(p).expected_rank(); });
  out["mrr"] = mean_over(queries, [](const auto& p) { return first_law(p).expected_reciprocal(); });
  out["ndcg_at_10"] = mean_over(queries, [&](const auto& p) { return expectations.ndcg_at(p, 10); });
  for (const auto& p : queries) first_ranks.push_back(first_law(p).expected_rank());
  return out;
}

void check_retrieval(const ExpectedCase& c, ExpectedReport& report) {
  const auto& shape = c.input("similarity").shape;
  const auto similarity = c.input_doubles("similarity");
  const auto images = static_cast<size_t>(shape.at(0)), captions = static_cast<size_t>(shape.at(1));
  if (images == 0 || captions % images != 0)
    throw InputError("verify", "expected as many captions for each image, got {} for {}", captions, images);
  for (const bool by_image : {true, false}) {
    const Queries queries = queries_of(similarity, images, captions, by_image);
    Json figures;
    const auto offer_ranks = [&](const std::string& rule, const std::vector<double>& ranks) {
      report.offer((by_image ? "i2t_rank_" : "t2i_rank_") + rule, ranks, kClosedForm);
    };
    for (const auto& [name, rule] : {std::pair{"lower_id_first", TieRule::lower_id_first},
                                     {"optimistic", TieRule::optimistic},
                                     {"pessimistic", TieRule::pessimistic}}) {
      std::vector<double> ranks;
      figures[name] = under_rule(queries, rule, ranks);
      offer_ranks(name, ranks);
    }
    std::vector<double> ranks;
    figures["expected_random"] = under_chance(queries, static_cast<int64_t>(by_image ? captions : images), ranks);
    offer_ranks("expected", ranks);
    report.offer_json(by_image ? "image_to_text" : "text_to_image", figures, kClosedForm);
  }
}

}  // namespace

ExpectedKind retrieval_kind() {
  return metric_kind("retrieval", {{"similarity", check_retrieval}});
}

}  // namespace sensorium
