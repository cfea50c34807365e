// Which of some words fits a picture best: zero_shot MODEL PICTURE WORD...

#include "sensorium/eval/probability.h"
#include "sensorium/eval/similarity.h"
#include "sensorium/models/bundle.h"
#include "sensorium/models/rt/rt_ops.h"

#include <cmath>
#include <cstdio>

using namespace sensorium;

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: zero_shot MODEL PICTURE WORD...\n");
    return 2;
  }
  try {
    const auto bundle = load_bundle<rt::Tensor>(argv[1]);
    const Image picture = read_image_alpha(argv[2]);
    const std::vector<std::string> words(argv + 3, argv + argc);
    std::vector<std::string> prompts;
    for (const auto& word : words) prompts.push_back("a photo of a " + word);

    const std::vector<float> image = embed_images(bundle, std::span(&picture, 1));
    const std::vector<float> texts = embed_texts(bundle, prompts);
    std::vector<double> logits(words.size());
    dot_all(image, {texts, static_cast<int64_t>(image.size())}, logits);
    const auto scale = std::exp(static_cast<double>(bundle.model.logit_scale.to_float().at(0)));
    for (double& x : logits) x *= scale;

    const std::vector<double> probabilities = softmax(logits);
    for (const size_t i : top_k(probabilities, words.size()))
      std::printf("%6.2f %%  %s\n", 100 * probabilities[i], words[i].c_str());
    return 0;
  } catch (const Error& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return e.exit_code();
  }
}
