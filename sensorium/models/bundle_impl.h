#pragma once
// Definitions of bundle.h for any tensor type whose op set was included before.

#include "sensorium/models/bundle.h"
#include "sensorium/models/checks.h"
#include "sensorium/models/pixel_tensor.h"

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
    const Pixels pixels = preprocess(b.image_processor, images.subspan(first, n));
    return TensorTraits<T>::to_float(encode_image(b.model, pixel_tensor<T>(pixels)));
  });
}

/// The rows of a batch from the shortest to the longest, and how many tokens each has.
struct RowsByLength {
  std::vector<size_t> order, lengths;
};

inline RowsByLength by_length(const TokenBatch& tokens) {
  RowsByLength rows;
  const auto length = static_cast<size_t>(tokens.length);
  for (size_t r = 0; r < static_cast<size_t>(tokens.batch); ++r) {
    size_t last = length;  // one behind the last token that counts
    while (!tokens.attention_mask.empty() && last > 0 && tokens.attention_mask[r * length + last - 1] == 0) --last;
    rows.lengths.push_back(last);
    rows.order.push_back(r);
  }
  std::stable_sort(rows.order.begin(), rows.order.end(),
                   [&](size_t a, size_t b) { return rows.lengths[a] < rows.lengths[b]; });
  return rows;
}

/// Texts of a batch that go through the tower together: few, so that each is padded to little more than its own length.
inline constexpr size_t kTextsTogether = 16;

template <class T>
std::vector<float> embed_texts(const Bundle<T>& b, std::span<const std::string> texts, int batch_size) {
  return in_batches(texts.size(), batch_size, [&](size_t first, size_t n) {
    const TokenBatch tokens = tokenize(b.model.config, *b.tokenizer, texts.subspan(first, n));
    const RowsByLength rows = by_length(tokens);
    std::vector<float> embeds;
    for (size_t i = 0; i < n; i += kTextsTogether) {
      const auto some = std::span(rows.order).subspan(i, std::min(kTextsTogether, n - i));
      const auto longest = static_cast<int64_t>(std::max<size_t>(1, rows.lengths[some.back()]));
      const auto got = TensorTraits<T>::to_float(encode_text(b.model, pick_tokens(tokens, some, longest)));
      const size_t width = got.size() / some.size();
      embeds.resize(n * width);
      for (size_t r = 0; r < some.size(); ++r)
        std::copy_n(got.begin() + static_cast<int64_t>(r * width), width,
                    embeds.begin() + static_cast<int64_t>(some[r] * width));
    }
    return embeds;
  });
}

}  // namespace sensorium
