#include "sensorium/train/picture_loader.h"

#include "sensorium/base/threads.h"
#include "sensorium/models/pixel_tensor.h"
#include "sensorium/torch/ops.h"

#include <torch/torch.h>

#include <numeric>

namespace sensorium {

std::unique_ptr<Loader> make_picture_loader(const PairData& data, const ImageProcessor& processor,
                                            const PictureLoading& loading) {
  LoaderOptions o;
  o.batch_size = static_cast<int>(loading.batch_size);
  o.seed = loading.seed;
  o.workers = loading.workers > 0 ? loading.workers : available_processors();
  o.drop_last = o.shuffle = loading.augment != nullptr;
  if (!loading.augment) return std::make_unique<Loader>(data.records, data.folder, processor, o);
  o.store.shorter_side = std::max(processor.height(), processor.width()) * 5 / 4;
  o.store.cache_bytes = static_cast<uint64_t>(loading.cache_mib) << 20;
  const auto augment_picture = [&processor, options = *loading.augment](const Image& image, CounterRng& rng) {
    return augment(image, processor.width(), processor.height(), processor.config().resample, options, rng);
  };
  return std::make_unique<Loader>(data.records, data.folder, processor, o, augment_picture);
}

void follow_sampler(Loader& loader, const PairSampler& sampler) {
  loader.set_sampler([&sampler](uint64_t epoch, uint64_t step) {
    std::vector<PairRequest> requests;
    for (const int64_t p :
         sampler.pictures(static_cast<int64_t>(epoch) * sampler.batches_per_epoch() + static_cast<int64_t>(step)))
      requests.push_back({p, p, 0});
    return requests;
  });
}

std::vector<int64_t> numbers(int64_t first, int64_t n) {
  std::vector<int64_t> all(static_cast<size_t>(n));
  std::iota(all.begin(), all.end(), first);
  return all;
}

Pixels load_pixels(Loader& loader, std::span<const int64_t> pictures, uint64_t draw) {
  std::vector<PairRequest> requests;
  for (const int64_t p : pictures) requests.push_back({p, p, 0});
  return loader.load(requests, draw).pixels;
}

torch::Tensor pixel_tensor(const Pixels& pixels, const torch::Device& device) {
  return pixel_tensor<torch::Tensor>(pixels).to(device);
}

}  // namespace sensorium
