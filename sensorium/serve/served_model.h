#pragma once
// A loaded model as the server uses it: what it can do, and the lanes of its work.

#include "sensorium/io/image_pipeline.h"
#include "sensorium/models/rt/blip_model.h"
#include "sensorium/serve/batcher.h"
#include "sensorium/serve/model/embedder.h"
#include "sensorium/serve/model/picture_classifier.h"

namespace sensorium {

/// A picture ready for its model, and the row that came of it.
struct PixelItem : BatchItem {
  Pixels pixels;
  std::vector<float> row;
};
struct TextItem : BatchItem {
  std::string text;
  std::vector<float> row;
};
/// Anything that is done alone.
struct CallItem : BatchItem {
  std::function<void()> call;
};

/// Immutable once loaded; thread-safe, but for what runs in the lanes, which is the batcher's thread's alone.
struct ServedModel {
  std::string name, kind, hash;
  fs::path folder;
  int64_t created = 0;  // seconds since 1970: when the weights were written
  std::optional<Embedder> embedder;
  std::optional<PictureClassifier> classifier;
  std::shared_ptr<const BlipModel> writer;     // captions or answers
  bool answers = false;                        // of the writer: asks for a question
  std::shared_ptr<const Tokenizer> tokenizer;  // none: knows no texts, or counts their words (feature models)
  std::optional<ImageProcessor> processor;
  std::unique_ptr<ImagePipelines> pipelines;
  std::shared_ptr<BatchLane> pictures, texts, calls;
  std::string card;  // its README.md, or empty
  OrderedJson evaluation = nullptr;

  /// "text", "picture", "classify", "match", "caption", "ask".
  std::vector<std::string> capabilities() const;
  bool can(const std::string& capability) const;
  /// Tokens of all the texts, those around each counted; 0 where there is no tokenizer.
  int64_t count_tokens(std::span<const std::string> texts) const;
};

/// Loads a checkpoint folder of any kind that a command takes. `max_batch` pictures or texts go through it at once;
/// pictures beyond the limits are refused. Throws InputError naming the file at fault.
std::shared_ptr<const ServedModel> load_served_model(const std::string& name, const fs::path& folder,
                                                     const RuntimeOptions& runtime, size_t max_batch,
                                                     const DecodeLimits& limits);

}  // namespace sensorium
