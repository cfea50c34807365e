#include "sensorium/models/rt/rt_ops.h"

#include "sensorium/models/bundle_impl.h"

namespace sensorium {

template Bundle<rt::Tensor> load_bundle(const fs::path&);
template std::vector<float> embed_images(const Bundle<rt::Tensor>&, std::span<const Image>, int);
template std::vector<float> embed_texts(const Bundle<rt::Tensor>&, std::span<const std::string>, int);

}  // namespace sensorium
