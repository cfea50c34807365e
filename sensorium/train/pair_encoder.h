#pragma once
// A split's pictures and captions through a run's model: from cached features where a tower is frozen, else from pixels
// and tokens.

#include "sensorium/tensor/tensor.h"
#include "sensorium/train/clip_model.h"
#include "sensorium/train/pair_data.h"

#include <memory>
#include <optional>

namespace sensorium {

/// Everything random about one batch depends on this.
struct BatchKey {
  int64_t number = 0;
  uint64_t seed = 0;
};

/// Pictures that a training batch really holds (broken ones are replaced) and their features, not yet projected.
struct PictureBatch {
  std::vector<int64_t> pictures;
  torch::Tensor pixels;  // [B,3,S,S]; undefined where features are cached
  torch::Tensor pooled;  // [B, vision_width]; undefined where there are pixels
};

/// The model must outlive the encoder, and so must the data. Not thread-safe.
class PairEncoder {
 public:
  /// Computes and caches what is frozen. `sampler` is null for a split that is only evaluated.
  PairEncoder(TrainableClip& clip, const PairData& data, const ClipTrainOptions& options, const PairSampler* sampler);

  /// The next training batch must be `number`; later ones are then read ahead.
  void seek(int64_t number);
  PictureBatch next_pictures();
  /// Embeddings [B,P] with gradients, of unit length, float32.
  torch::Tensor embed(const PictureBatch& batch, const BatchKey& key);
  torch::Tensor embed_captions(std::span<const int64_t> captions, const BatchKey& key);

  /// All of the split without augmentation or dropout: [N,P] and [M,P] on the CPU.
  torch::Tensor embed_all_pictures();
  torch::Tensor embed_all_captions();

 private:
  torch::Tensor pooled_pictures(const Pixels& pixels) const;
  torch::Tensor pooled_captions(std::span<const int64_t> captions) const;
  TokenBatch tokens_of(std::span<const int64_t> captions) const;
  /// The same of frozen towers.
  torch::Tensor frozen_pictures(const Pixels& pixels);
  torch::Tensor frozen_captions(std::span<const int64_t> captions);
  const DualEncoder<rt::Tensor>& lean();
  torch::Tensor project_pictures(const torch::Tensor& pooled, const BatchKey* key);
  torch::Tensor project_captions(const torch::Tensor& pooled, const BatchKey* key);
  void cache_pictures();
  void cache_captions();
  std::string identity(const std::string& what) const;
  std::unique_ptr<Loader> make_loader(bool augmented) const;

  TrainableClip& clip_;
  const PairData& data_;
  const ClipTrainOptions& options_;
  const PairSampler* sampler_;
  std::unique_ptr<Loader> plain_, training_;
  std::vector<torch::Tensor> picture_features_;  // one a view
  torch::Tensor caption_features_;
  std::optional<DualEncoder<rt::Tensor>> lean_;  // while features are computed
  int64_t next_ = 0;
};

}  // namespace sensorium
