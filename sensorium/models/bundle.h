#pragma once
// A model with everything that belongs to it: weights, configuration, tokenizer, image processor, loaded together and
// checked against each other.

#include "sensorium/io/image_processor.h"
#include "sensorium/models/dual_encoder.h"

#include <memory>

namespace sensorium {

/// All members are thread-safe to use through const.
template <class T>
struct Bundle {
  DualEncoder<T> model;
  std::shared_ptr<const Tokenizer> tokenizer;
  ImageProcessor image_processor;
  fs::path folder;
};

/// Throws InputError naming `folder` and both values where the parts do not fit: the processor's output size or number
/// of channels and the vision tower's, the tokenizer's ids and the embedding table, its length and the positions, its
/// end of text and the one that the text tower pools at.
void check_bundle(const DualEncoderConfig& config, const Tokenizer& tokenizer, const ImageProcessor& processor,
                  const fs::path& folder);

/// How texts of this model are made into a batch: length and padding of its training.
EncodeOptions text_options(const DualEncoderConfig& config);
/// Texts as a batch of the model's ids. SigLIP's have no mask, as in its training.
TokenBatch tokenize(const DualEncoderConfig& config, const Tokenizer& tokenizer, std::span<const std::string> texts);

/// Writes the tokenizer's files. SigLIP's say that no mask goes in, so that transformers gives the model none either.
void save_tokenizer(const DualEncoderConfig& config, const Tokenizer& tokenizer, const fs::path& folder);

/// Pictures as the model's input, on several threads.
Pixels preprocess(const ImageProcessor& processor, std::span<const Image> images);

/// Reads a Hugging Face or open_clip folder with its tokenizer and preprocessing. Throws what load_dual_encoder,
/// load_tokenizer, ImageProcessor::load and check_bundle throw.
template <class T>
Bundle<T> load_bundle(const fs::path& folder);

/// Embeddings of unit length, [N, projection_dim] row-major; `batch_size` at a time. Thread-safe.
template <class T>
std::vector<float> embed_images(const Bundle<T>& bundle, std::span<const Image> images, int batch_size = 32);
template <class T>
std::vector<float> embed_texts(const Bundle<T>& bundle, std::span<const std::string> texts, int batch_size = 128);

}  // namespace sensorium
