#include "sensorium/train/feature_cache.h"

#include "sensorium/base/error.h"
#include "sensorium/base/hash.h"
#include "sensorium/base/progress.h"

#include <torch/torch.h>

#include <algorithm>

namespace sensorium {
namespace {

constexpr size_t kHeaderSize = 128;

/// numpy's .npy header, version 1.0, padded to 128 bytes (numpy, "NEP 1").
std::string npy_header(const FeatureRequest& r) {
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}, {}), }}",
                                 r.half ? "<f2" : "<f4", r.count, r.width);
  text.resize(kHeaderSize - 11, ' ');
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + text + "\n";
}

torch::ScalarType type_of(const FeatureRequest& r) {
  return r.half ? torch::kHalf : torch::kFloat;
}

void make(const fs::path& path, const FeatureRequest& r,
          const std::function<torch::Tensor(int64_t, int64_t)>& compute) {
  make_directories(r.folder);
  AtomicFile file(path);
  file.write(npy_header(r));
  Progress progress("features of " + r.name, static_cast<uint64_t>(r.count));
  for (int64_t first = 0; first < r.count; first += r.chunk) {
    const int64_t n = std::min(r.chunk, r.count - first);
    torch::NoGradGuard no_grad;
    const torch::Tensor rows = compute(first, n).to(torch::kCPU, type_of(r)).contiguous();
    SENSORIUM_ASSERT(rows.size(0) == n && rows.size(1) == r.width);
    file.write(rows.const_data_ptr(), rows.nbytes());
    progress.advance(static_cast<uint64_t>(n));
  }
  file.commit();
}

}  // namespace

torch::Tensor cached_features(const FeatureRequest& r, const std::function<torch::Tensor(int64_t, int64_t)>& compute) {
  const fs::path path = r.folder / fmt::format("{}-{}.npy", r.name, content_hash(r.identity));
  if (!fs::exists(path)) make(path, r, compute);
  const MappedFile file(path);
  const size_t expected = kHeaderSize + static_cast<size_t>(r.count * r.width) * (r.half ? 2 : 4);
  const auto bytes = file.bytes();
  const std::string header = npy_header(r);
  if (bytes.size() != expected ||
      !std::equal(header.begin(), header.end(), reinterpret_cast<const char*>(bytes.data())))
    throw InputError("features", "{}: expected {} x {} features in {} bytes, got {} bytes", path.string(), r.count,
                     r.width, expected, bytes.size());
  // The tensor is only read; the deleter keeps the map.
  return torch::from_blob(
      const_cast<std::byte*>(bytes.data() + kHeaderSize), {r.count, r.width}, [file](void*) {},
      torch::TensorOptions(type_of(r)));
}

}  // namespace sensorium
