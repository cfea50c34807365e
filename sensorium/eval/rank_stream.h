#pragma once
// The places of all pairs in the rankings of both directions, from one pass over the scores of everything with
// everything. No row of scores is ever held.

#include "sensorium/eval/relevant_places.h"
#include "sensorium/eval/similarity.h"

namespace sensorium {

/// For text j and its image: where the text stands among all texts for that image, and the image among all images for
/// the text.
struct PairPlaces {
  std::vector<RelevantPlace> of_text, of_image;
};

/// `image_of_text[j]` must lie in [0, images.count()). Scores are dot products in float32, summed in the order of the
/// width: equal vectors tie wherever they stand (see ranking_kernels.h). Deterministic for any number of threads.
/// Memory beside the embeddings: some tens of bytes a text and thread. Throws InputError for a vector that is not
/// finite. Cost: N M D multiply-adds. Source of the tiling: Goto, van de Geijn, "Anatomy of high-performance matrix
/// multiplication", 2008.
PairPlaces stream_places(const EmbeddingRows& images, const EmbeddingRows& texts,
                         std::span<const int64_t> image_of_text, int threads = 0);

}  // namespace sensorium
