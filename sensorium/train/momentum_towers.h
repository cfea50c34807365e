#pragma once
// The slow copies of BLIP's towers and the queues of their features (Li et al., "ALBEF", 2021, section 3.2).

#include "sensorium/train/blip_losses.h"
#include "sensorium/train/blip_model.h"

#include <set>

namespace sensorium {

/// Not thread-safe. All state is tensors that are saved and restored bit for bit.
class MomentumTowers {
 public:
  /// Copies what trains of the towers, adapters among it, as it is; queues of unit noise that depends on the seed.
  MomentumTowers(TrainableBlip& fast, int64_t queue_size, uint64_t seed);
  /// p_slow = momentum p_slow + (1 - momentum) p.
  void follow(TrainableBlip& fast, double momentum);
  /// Picture states by the slow vision tower.
  torch::Tensor look(const torch::Tensor& pixels) const;
  /// Features of a batch by the slow copies, from the picture states that they see, with the queues as they are. `ids`
  /// are the identities of the pictures.
  MomentumFeatures features(const torch::Tensor& states, const TokenBatch& texts, const std::vector<int64_t>& ids);
  /// Puts the features into the queues.
  void push(const MomentumFeatures& batch);
  Parameters state();

 private:
  TorchBlip slow_;
  std::optional<LoraConfig> lora_;
  std::set<std::string> names_;  // of what is a copy
  torch::Tensor image_queue_, text_queue_, ids_queue_, pointer_;
};

}  // namespace sensorium
