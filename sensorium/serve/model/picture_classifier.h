#pragma once
// A ViT or ResNet classifier folder with its labels.

#include "sensorium/data/pictures.h"
#include "sensorium/models/rt/runtime_options.h"

namespace sensorium {

struct PictureClassifier {
  std::vector<std::string> labels;  // by class
  ImageProcessor processor;
  PixelEncoder encode_pixels;  // gives logits
};

/// Throws InputError naming the file at fault, and for a folder that has no labels.
PictureClassifier load_picture_classifier(const fs::path& folder, const RuntimeOptions& runtime = {});

}  // namespace sensorium
