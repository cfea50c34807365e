#pragma once
// Definitions of bundle.h for any tensor type whose op set was included before.

#include "sensorium/models/bundle.h"

#include <algorithm>

namespace sensorium {

template <class T>
Bundle<T> load_bundle(const fs::path& folder) {
  const DualEncoderConfig config = read_dual_encoder_config(folder);
  std::shared_ptr<const Tokenizer> tokenizer = load_tokenizer(folder);
  const ImageProcessor processor = ImageProcessor::load(folder);
  check_bundle(config, *tokenizer, processor, folder);  // before the weights, which take longest
  return {load_dual_encoder<T>(folder), std::move(tokenizer), processor, folder};
}

/// Calls embed(first, count) for batches of at most `batch_size` and joins what it gives.
template <class Embed>
std::vector<float> in_batches(size_t n, int batch_size, Embed&& embed) {
  std::vector<float> rows;
  for (size_t first = 0; first < n; first += static_cast<size_t>(batch_size)) {
    const std::vector<float> some = embed(first, std::min(static_cast<size_t>(batch_size), n - first));
    rows.insert(rows.end(), some.begin(), some.end());
  }
  return rows;
}

template <class T>
std::vector<float> embed_images(const Bundle<T>& b, std::span<const Image> images, int batch_size) {
  return in_batches(images.size(), batch_size, [&](size_t first, size_t n) {
    const std::vector<float> pixels = preprocess(b.image_processor, images.subspan(first, n));
    const std::vector<int64_t> shape{static_cast<int64_t>(n), 3, b.image_processor.height(), b.image_processor.width()};
    return TensorTraits<T>::to_float(encode_image(b.model, TensorTraits<T>::from_float(pixels.data(), shape)));
  });
}

template <class T>
std::vector<float> embed_texts(const Bundle<T>& b, std::span<const std::string> texts, int batch_size) {
  return in_batches(texts.size(), batch_size, [&](size_t first, size_t n) {
    return TensorTraits<T>::to_float(
        encode_text(b.model, tokenize(b.model.config, *b.tokenizer, texts.subspan(first, n))));
  });
}

}  // namespace sensorium
