#pragma once
// What a report shows, chosen from a split by a seed.

#include "sensorium/apps/report_page.h"
#include "sensorium/apps/retrieval_run.h"
#include "sensorium/serve/model/label_embeddings.h"

namespace sensorium {

/// Which searches and classifications: given words, or else captions of the split chosen by the seed.
struct ContentPlan {
  std::vector<std::string> queries, labels, templates;
  int searches = 5, hits = 5, classifications = 2, choices = 10;
  uint64_t seed = 0;
};

/// `searches` searches over the split's pictures: plan.queries first, then captions of 3 to 60 bytes of different
/// pictures, for which the own picture is marked and ranked.
std::vector<ReportSearch> make_searches(const EmbeddedSplit& split, const Embedder& model, const ContentPlan& plan);

/// Pictures chosen by the seed, between plan.labels in plan.templates, or between `choices` captions of which one is
/// the picture's own.
std::vector<ReportClassification> make_classifications(const EmbeddedSplit& split, const Embedder& model,
                                                       const ContentPlan& plan);

/// Loss and validation curves from the lines of a results.jsonl; empty without such lines.
std::vector<Chart> training_charts(const fs::path& results);

/// "8 x Name of the processor, 24 GiB".
std::string machine_text();

}  // namespace sensorium
