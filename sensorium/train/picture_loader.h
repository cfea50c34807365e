#pragma once
// A split's pictures as a model's input, batch by batch.

#include "sensorium/io/augment.h"
#include "sensorium/train/pair_data.h"

#include <torch/types.h>

#include <memory>
#include <span>

namespace sensorium {

struct PictureLoading {
  int64_t batch_size = 64;
  uint64_t seed = 0;
  int workers = 0;                          // 0: one a processor
  int64_t cache_mib = 1024;                 // of decoded pictures, in training
  const AugmentOptions* augment = nullptr;  // training: what is done to each picture; null: as for inference, in order
};

/// `processor`, `data` and what `loading` points to must outlive the loader.
std::unique_ptr<Loader> make_picture_loader(const PairData& data, const ImageProcessor& processor,
                                            const PictureLoading& loading);
/// Lets the loader give the pictures of the sampler's batches; `seek` it to (number / batches, number % batches).
void follow_sampler(Loader& loader, const PairSampler& sampler);
/// first, first + 1, ... first + n - 1: pictures or captions in order.
std::vector<int64_t> numbers(int64_t first, int64_t n);
/// The pictures with these numbers, augmented (if the loader does that) by `draw`.
Pixels load_pixels(Loader& loader, std::span<const int64_t> pictures, uint64_t draw = 0);
/// Pixels [B,3,H,W], normalised.
torch::Tensor pixel_tensor(const Pixels& pixels, const torch::Device& device);

}  // namespace sensorium
