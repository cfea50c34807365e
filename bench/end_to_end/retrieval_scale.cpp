// Exact retrieval figures of many embeddings in .npy files: images (N, D), texts (M, D), text j belongs to image
// j mod N. Prints one JSON line with the figures, seconds and the largest resident set.
//
//   bench_retrieval_scale IMAGES.npy TEXTS.npy [THREADS]

#include "sensorium/base/json.h"
#include "sensorium/eval/retrieval.h"
#include "sensorium/io/npy.h"

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

using namespace sensorium;

namespace {

EmbeddingRows rows_of(const TensorView& t, const char* name) {
  if (t.dtype != SafeDType::F32 || t.shape.size() != 2)
    throw InputError("bench", "{}: expected a matrix of float32, got something else", name);
  return {{reinterpret_cast<const float*>(t.data.data()), t.numel()}, t.shape[1]};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "bench_retrieval_scale IMAGES.npy TEXTS.npy [THREADS]\n"), 2;
  const NpyFile image_file(argv[1]), text_file(argv[2]);
  const EmbeddingRows images = rows_of(image_file.tensor(), argv[1]), texts = rows_of(text_file.tensor(), argv[2]);
  RetrievalPairs pairs{images.count(), {}};
  for (int64_t j = 0; j < texts.count(); ++j) pairs.image_of_text.push_back(j % images.count());
  const auto start = std::chrono::steady_clock::now();
  const RetrievalMetrics m =
      evaluate_retrieval(images, texts, pairs, {.replicates = 0, .threads = argc > 3 ? std::atoi(argv[3]) : 0});
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto direction = [](const DirectionMetrics& d) {
    return OrderedJson{{"r1", d.recall[0].value},         {"r5", d.recall[1].value},
                       {"r10", d.recall[2].value},        {"median_rank", d.median_rank.value},
                       {"mean_rank", d.mean_rank.value},  {"mrr", d.reciprocal_rank.value},
                       {"map", d.average_precision.value}};
  };
  const OrderedJson json{{"images", images.count()},
                         {"texts", texts.count()},
                         {"width", images.width},
                         {"seconds", seconds.count()},
                         {"resident_mib", usage.ru_maxrss / 1024},
                         {"image_to_text", direction(m.image_to_text)},
                         {"text_to_image", direction(m.text_to_image)}};
  std::printf("%s\n", json.dump().c_str());
  return 0;
}
