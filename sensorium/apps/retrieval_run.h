#pragma once
// A model against a split of a manifest.

#include "sensorium/data/manifest.h"
#include "sensorium/eval/retrieval.h"
#include "sensorium/serve/model/embedder.h"

namespace sensorium {

/// Pictures and captions of a split with their embeddings, as far as the plan wants them. Records whose picture cannot
/// be decoded are left out with their captions and counted.
struct EmbeddedSplit {
  std::vector<Record> records;
  std::vector<fs::path> pictures;  // of each record
  std::vector<std::string> texts;
  RetrievalPairs pairs;
  std::vector<float> picture_rows, text_rows;
  int64_t width = 0;
  Tally skipped;
};

/// What to embed: see RecordFilter for languages (empty: all).
struct SplitPlan {
  fs::path data;
  std::string split;  // empty: all
  std::vector<std::string> languages;
  int batch_size = 32, threads = 0;
  bool texts = true;  // whether the captions are embedded too
};

/// Warns of what was skipped. Throws InputError when the split has no captioned pictures, naming the splits there are.
EmbeddedSplit embed_split(const SplitPlan& plan, const Embedder& model);

/// Retrieval metrics of the split.
RetrievalMetrics evaluate_split(const EmbeddedSplit& split, const RetrievalOptions& options);

/// {"images", "texts", "image_to_text": {"queries", "gallery", "recall_at": {"1": {"value", "low", "high", "chance"},
/// ...}, "median_rank", "mean_rank", "mrr", "map", "ndcg_at_10"}, "text_to_image": {...}}; recalls are fractions.
OrderedJson to_json(const RetrievalMetrics& metrics);

/// The same as a table for people; recalls in per cent.
std::string to_table(const RetrievalMetrics& metrics);

}  // namespace sensorium
