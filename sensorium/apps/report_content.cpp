#include "sensorium/apps/report_content.h"

#include "sensorium/base/rng.h"
#include "sensorium/eval/probability.h"

#include <algorithm>
#include <set>

namespace sensorium {
namespace {

std::span<const float> row_of(const std::vector<float>& rows, int64_t width, size_t i) {
  return {&rows[i * static_cast<size_t>(width)], static_cast<size_t>(width)};
}

/// Indices of captions fit to be shown: short, each text and each picture once, in an order chosen by the seed.
std::vector<size_t> show_captions(const EmbeddedSplit& split, size_t wanted, uint64_t seed) {
  std::vector<size_t> chosen;
  std::set<std::string> texts;
  std::set<int64_t> pictures;
  const uint64_t n = split.texts.size();
  for (uint64_t i = 0; i < n && chosen.size() < wanted; ++i) {
    const size_t j = permuted_index(seed, n, i);
    const std::string& text = split.texts[j];
    if (text.size() < 3 || text.size() > 60) continue;
    if (pictures.insert(split.pairs.image_of_text[j]).second && texts.insert(text).second) chosen.push_back(j);
  }
  return chosen;
}

ReportSearch search(const EmbeddedSplit& split, std::span<const float> query, const ContentPlan& plan, int64_t own) {
  std::vector<double> scores(split.pictures.size());
  dot_all(query, {split.picture_rows, split.width}, scores);
  ReportSearch s;
  for (const size_t i : top_k(scores, static_cast<size_t>(plan.hits)))
    s.hits.push_back(
        {split.pictures[i], split.records[i].captions.front().text, scores[i], static_cast<int64_t>(i) == own});
  if (own >= 0) s.own_rank = rank_law(scores, std::span(&own, 1)).expected_rank();
  return s;
}

ReportClassification classify(const EmbeddedSplit& split, size_t picture, const std::vector<std::string>& labels,
                              std::span<const float> rows, const LogitRule& rule) {
  ReportClassification c;
  c.picture = split.pictures[picture];
  c.caption = split.records[picture].captions.front().text;
  const auto p = label_probabilities(row_of(split.picture_rows, split.width, picture), rows, rule);
  for (const size_t l : top_k(p, 5)) c.labels.emplace_back(labels[l], p[l]);
  return c;
}

}  // namespace

std::vector<ReportSearch> make_searches(const EmbeddedSplit& split, const Embedder& model, const ContentPlan& plan) {
  std::vector<ReportSearch> searches;
  const auto rows = embed_all_texts(model, plan.queries, 32);
  for (size_t q = 0; q < plan.queries.size(); ++q) {
    searches.push_back(search(split, row_of(rows, split.width, q), plan, -1));
    searches.back().query = plan.queries[q];
  }
  for (const size_t j : show_captions(split, static_cast<size_t>(plan.searches), mix_seed(plan.seed, {1}))) {
    if (searches.size() >= static_cast<size_t>(plan.searches)) break;
    searches.push_back(search(split, row_of(split.text_rows, split.width, j), plan, split.pairs.image_of_text[j]));
    searches.back().query = split.texts[j];
  }
  return searches;
}

std::vector<ReportClassification> make_classifications(const EmbeddedSplit& split, const Embedder& model,
                                                       const ContentPlan& plan) {
  std::vector<ReportClassification> result;
  const auto wanted = static_cast<size_t>(plan.classifications), choices = static_cast<size_t>(plan.choices);
  if (!plan.labels.empty()) {
    const auto rows = embed_labels(model, plan.labels, plan.templates, 32);
    for (const size_t j : show_captions(split, wanted, mix_seed(plan.seed, {2})))
      result.push_back(
          classify(split, static_cast<size_t>(split.pairs.image_of_text[j]), plan.labels, rows, model.logits));
    return result;
  }
  const auto shown = show_captions(split, wanted * choices, mix_seed(plan.seed, {2}));
  for (size_t first = 0; first < shown.size() && result.size() < wanted; first += choices) {
    std::vector<std::string> labels;
    std::vector<float> rows;
    for (size_t k = first; k < std::min(shown.size(), first + choices); ++k) {
      labels.push_back(split.texts[shown[k]]);
      const auto row = row_of(split.text_rows, split.width, shown[k]);
      rows.insert(rows.end(), row.begin(), row.end());
    }
    result.push_back(
        classify(split, static_cast<size_t>(split.pairs.image_of_text[shown[first]]), labels, rows, model.logits));
    result.back().truth = labels.front();
  }
  return result;
}

}  // namespace sensorium
