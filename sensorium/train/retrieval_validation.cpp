#include "sensorium/train/retrieval_validation.h"

#include "sensorium/eval/retrieval.h"

#include <torch/torch.h>

namespace sensorium {
namespace {

using torch::Tensor;

/// The CPU embeddings of a split, scored.
RetrievalMetrics retrieval_of(const PairData& data, const Tensor& pictures, const Tensor& captions, int threads) {
  const auto rows = [](const Tensor& t) {
    return EmbeddingRows{{t.const_data_ptr<float>(), static_cast<size_t>(t.numel())}, t.size(1)};
  };
  RetrievalPairs pairs{data.picture_count(), {}};
  for (int64_t p = 0; p < data.picture_count(); ++p)
    for (size_t k = 0; k < data.records[static_cast<size_t>(p)].captions.size(); ++k) pairs.image_of_text.push_back(p);
  RetrievalOptions options;
  options.replicates = 1;  // intervals are for `sensorium evaluate retrieval`
  options.threads = threads;
  return evaluate_retrieval(rows(pictures), rows(captions), pairs, options);
}

OrderedJson to_json(const DirectionMetrics& m) {
  OrderedJson json;
  for (size_t k = 0; k < m.recall.size(); ++k)
    json[fmt::format("recall_at_{}", DirectionMetrics::kRecallAt[k])] = m.recall[k].value;
  json["median_rank"] = m.median_rank.value;
  return json;
}

/// Sum of the six recalls in per cent, the field's "rsum".
double recall_sum(const RetrievalMetrics& m) {
  double sum = 0;
  for (const DirectionMetrics* d : {&m.image_to_text, &m.text_to_image})
    for (const Estimate& e : d->recall) sum += 100 * e.value;
  return sum;
}

}  // namespace

Validation validate_retrieval(const PairData& data, const Tensor& pictures, const Tensor& captions, int threads) {
  const RetrievalMetrics metrics = retrieval_of(data, pictures, captions, threads);
  Validation found;
  found.score = recall_sum(metrics);
  found.figures = {{"pictures", metrics.images},
                   {"captions", metrics.texts},
                   {"text_to_image", to_json(metrics.text_to_image)},
                   {"image_to_text", to_json(metrics.image_to_text)},
                   {"recall_sum", found.score}};
  found.scalars = {{"validation/recall_sum", found.score}};
  for (const char* direction : {"text_to_image", "image_to_text"})
    for (const auto& [name, value] : found.figures[direction].items())
      found.scalars.emplace_back(fmt::format("validation/{}/{}", direction, name), value.get<double>());
  const auto per_cent = [](const Estimate& e) { return 100 * e.value; };
  found.line = fmt::format("R@1 {:.1f} % text to image, {:.1f} % image to text  R@10 {:.1f} %, {:.1f} %",
                           per_cent(metrics.text_to_image.recall[0]), per_cent(metrics.image_to_text.recall[0]),
                           per_cent(metrics.text_to_image.recall[2]), per_cent(metrics.image_to_text.recall[2]));
  return found;
}

}  // namespace sensorium
