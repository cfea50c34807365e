// Finds the pictures that fit words best: cross_modal_search MODEL WORDS PICTURE...

#include "sensorium/eval/probability.h"
#include "sensorium/eval/similarity.h"
#include "sensorium/models/bundle.h"
#include "sensorium/models/rt/rt_ops.h"

#include <cstdio>

using namespace sensorium;

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: cross_modal_search MODEL WORDS PICTURE...\n");
    return 2;
  }
  try {
    const auto bundle = load_bundle<rt::Tensor>(argv[1]);
    const std::string words = argv[2];
    std::vector<Image> pictures;
    for (int i = 3; i < argc; ++i) pictures.push_back(read_image_alpha(argv[i]));

    const std::vector<float> query = embed_texts(bundle, std::span(&words, 1));
    const std::vector<float> gallery = embed_images(bundle, pictures);
    std::vector<double> scores(pictures.size());
    dot_all(query, {gallery, static_cast<int64_t>(query.size())}, scores);
    for (const size_t i : top_k(scores, 10)) std::printf("%7.4f  %s\n", scores[i], argv[3 + i]);
    return 0;
  } catch (const Error& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return e.exit_code();
  }
}
