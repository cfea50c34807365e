#pragma once
// Any checkpoint folder as something that turns pictures, texts or both into vectors.

#include "sensorium/data/pictures.h"
#include "sensorium/models/rt/runtime_options.h"

#include <optional>

namespace sensorium {

/// What a checkpoint folder holds, by its configuration files.
enum class ModelKind { dual_encoder, sentence_encoder, image_classifier };
/// Throws InputError when there is neither a config.json nor an open_clip_config.json.
ModelKind model_kind(const fs::path& folder);

/// Texts to B rows of equal width, row-major.
using TextEncoder = std::function<std::vector<float>(std::span<const std::string>)>;

/// B pictures and a text to B probabilities that they match.
using PairMatcher = std::function<std::vector<double>(const Pixels&, const std::string& text)>;

/// How a dual encoder turns cosines into probabilities.
struct LogitRule {
  double scale = 1;  // exp(logit_scale)
  double bias = 0;
  bool pairwise = false;  // SigLIP: each pair by sigmoid; else softmax over the texts
};

/// Rows are of unit length, except an image encoder's, which are its pooled features. Thread-safe.
struct Embedder {
  ModelKind kind = ModelKind::dual_encoder;
  int64_t width = 0;
  std::optional<ImageProcessor> processor;  // none: knows no pictures
  PixelEncoder encode_pixels;
  TextEncoder encode_texts;  // empty: knows no texts
  LogitRule logits;          // of a dual encoder
  PairMatcher match;         // empty: has no head that looks at both together
};

/// Loads a dual encoder (pictures and texts), a sentence encoder (texts) or a ViT or ResNet (pictures). `runtime`
/// is applied to the process. Throws InputError naming the file at fault.
Embedder load_embedder(const fs::path& folder, const RuntimeOptions& runtime = {});

/// Embeddings of texts, `batch_size` at a time.
std::vector<float> embed_all_texts(const Embedder& model, std::span<const std::string> texts, int batch_size);

/// Throws UsageError unless the model knows pictures (or texts).
void require_pictures(const Embedder& model, const std::string& operation, const fs::path& folder);
void require_texts(const Embedder& model, const std::string& operation, const fs::path& folder);

/// The lines of a text file, without line ends, empty ones left out. Throws InputError.
std::vector<std::string> read_lines(const fs::path& path);

}  // namespace sensorium
