// Prints the embedding of a picture: embed_picture MODEL PICTURE

#include "sensorium/models/bundle.h"
#include "sensorium/models/rt/rt_ops.h"

#include <cstdio>

using namespace sensorium;

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: embed_picture MODEL PICTURE\n");
    return 2;
  }
  try {
    const auto bundle = load_bundle<rt::Tensor>(argv[1]);
    const Image picture = read_image_alpha(argv[2]);
    for (const float x : embed_images(bundle, std::span(&picture, 1))) std::printf("%.6f\n", static_cast<double>(x));
    return 0;
  } catch (const Error& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return e.exit_code();
  }
}
