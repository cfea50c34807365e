#pragma once
// What the text towers of a run look at: the picture states of a split, from pixels, or from the cache of a frozen
// tower.

#include "sensorium/train/blip_model.h"

namespace sensorium {

/// The pictures of a training batch that it really holds (broken ones are replaced), and what the tower makes of them.
struct StateBatch {
  std::vector<int64_t> pictures;
  torch::Tensor pixels;  // [B,3,S,S]; undefined where states are cached
  torch::Tensor states;  // [B,T,D], with gradients where the tower trains, with feature_dropout where it is frozen
};

/// The model and the data must outlive it. Not thread-safe.
class ImageStates {
 public:
  /// With a frozen tower, runs it once over the split and keeps what it gives, in half precision, on disk. `sampler` is
  /// null for a split that is only evaluated. Throws what cached_features throws.
  ImageStates(TrainableBlip& blip, const PairData& data, const BlipTrainOptions& options, const PairSampler* sampler);

  /// The next training batch must be `number`; later ones are then read ahead.
  void seek(int64_t number);
  StateBatch next();
  /// States of pictures first .. first + n - 1, without augmentation.
  torch::Tensor of(int64_t first, int64_t n);

 private:
  bool on_cpu() const { return torch::Device(options_.device).is_cpu(); }
  torch::Tensor look(const Pixels& pixels);
  void cache();
  std::string identity(int64_t view, const std::string& tower) const;
  StateBatch cached_batch(int64_t number) const;

  TrainableBlip& blip_;
  const PairData& data_;
  const BlipTrainOptions& options_;
  const PairSampler* sampler_;
  std::unique_ptr<Loader> plain_, training_;
  std::vector<torch::Tensor> cached_;  // one a view: [N, T * D]
  int64_t tokens_ = 0, next_ = 0;
};

}  // namespace sensorium
