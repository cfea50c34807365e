#pragma once
// Image-text retrieval: recall at k and ranks, both directions, several captions an image.

#include "sensorium/eval/bootstrap.h"
#include "sensorium/eval/relevant_places.h"
#include "sensorium/eval/similarity.h"

#include <array>
#include <functional>
#include <string>
#include <vector>

namespace sensorium {

/// A figure, its 95 % interval, and what a model that knows nothing (all scores equal) would reach.
struct Estimate {
  double value = 0, chance = 0;
  Interval interval;
};

/// One direction. Recalls are fractions of 1: of queries whose best relevant item stands within k. The reciprocal rank
/// is that item's too; average precision and nDCG at 10 count all relevant items.
struct DirectionMetrics {
  static constexpr std::array<int64_t, 3> kRecallAt = {1, 5, 10};
  int64_t queries = 0, gallery = 0;
  std::array<Estimate, 3> recall;
  Estimate median_rank, mean_rank, reciprocal_rank, average_precision, ndcg_at_10;
  std::vector<double> ranks;  // expected rank of each query's best relevant item, in order
};

struct RetrievalMetrics {
  int64_t images = 0, texts = 0;
  DirectionMetrics image_to_text, text_to_image;
};

/// Who belongs to whom: `image_of_text[j]` in [0, images). Images without a text are never queries but stay in the
/// gallery.
struct RetrievalPairs {
  int64_t images = 0;
  std::vector<int64_t> image_of_text;
};

struct RetrievalOptions {
  int replicates = 1000;  // of the bootstrap, over images; 0: no intervals (NaN)
  uint64_t seed = 0;
  int threads = 0;  // 0: available_processors()
};

/// Metrics of N image and M text embeddings, normalised by the caller if cosines are meant. Image to text: the rank of
/// an image's best caption; text to image: the rank of its image. Ties count by expectation over random orders; the
/// median is that of the expected ranks. One pass over the scores serves both directions and holds no row of them (see
/// rank_stream.h). Throws InputError for empty sides, widths that differ, an index out of range, or values that are not
/// finite. Cost: N M D multiply-adds. Deterministic for any number of threads.
RetrievalMetrics evaluate_retrieval(const EmbeddingRows& images, const EmbeddingRows& texts,
                                    const RetrievalPairs& pairs, const RetrievalOptions& options = {});

/// Fills the scores of one query with the whole gallery. Called from several threads.
using ScoreRow = std::function<void(int64_t query, std::span<double> out)>;

/// The same from any scores, the slow way: `image_scores` gives an image's scores with all texts, `text_scores` a
/// text's with all images.
RetrievalMetrics evaluate_retrieval_scores(const ScoreRow& image_scores, const ScoreRow& text_scores,
                                           const RetrievalPairs& pairs, const RetrievalOptions& options = {});

}  // namespace sensorium
