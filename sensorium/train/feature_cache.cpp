#include "sensorium/train/feature_cache.h"

#include "sensorium/base/error.h"
#include "sensorium/base/hash.h"
#include "sensorium/base/progress.h"

#include <torch/torch.h>

#include <algorithm>
#include <unordered_map>

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

/// The names of the rows, a line each.
std::string lines_of(const std::vector<std::string>& rows) {
  std::string lines;
  for (const std::string& row : rows) lines += row + "\n";
  return lines;
}

/// The file that is asked for, without its extension.
fs::path stem_of(const FeatureRequest& r) {
  const std::string rows = r.rows.empty() ? "" : "-" + content_hash(lines_of(r.rows));
  return r.folder / fmt::format("{}-{}{}", r.name, content_hash(r.identity), rows);
}

fs::path with_extension(const fs::path& stem, const char* extension) {
  return fs::path(stem.string() + extension);
}

/// The rows of a file, which is mapped as long as they live.
torch::Tensor map_rows(const fs::path& path, const FeatureRequest& r) {
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

/// Rows by name, out of all files of the same identity.
class KnownRows {
 public:
  explicit KnownRows(const FeatureRequest& r) {
    std::error_code absent;
    if (r.rows.empty() || !fs::is_directory(r.folder, absent)) return;
    const std::string prefix = fmt::format("{}-{}-", r.name, content_hash(r.identity));
    for (const auto& entry : fs::directory_iterator(r.folder))
      if (entry.path().extension() == ".rows" && entry.path().filename().string().starts_with(prefix))
        add(entry.path(), r);
  }
  /// Undefined where no file has it.
  torch::Tensor find(const std::string& name) const {
    const auto it = place_.find(name);
    return it == place_.end() ? torch::Tensor() : files_[it->second.first][it->second.second];
  }

 private:
  void add(const fs::path& names, const FeatureRequest& request) {
    std::error_code absent;
    const fs::path values = fs::path(names).replace_extension(".npy");
    if (!fs::exists(values, absent)) return;
    const std::string lines = read_file(names);
    FeatureRequest own = request;
    own.count = std::count(lines.begin(), lines.end(), '\n');
    files_.push_back(map_rows(values, own));
    int64_t row = 0;
    for (size_t begin = 0, end; (end = lines.find('\n', begin)) != std::string::npos; begin = end + 1)
      place_.emplace(lines.substr(begin, end - begin), std::pair(files_.size() - 1, row++));
  }
  std::vector<torch::Tensor> files_;
  std::unordered_map<std::string, std::pair<size_t, int64_t>> place_;
};

/// Rows first .. first + n - 1: those that are known copied, the others computed together.
torch::Tensor chunk_of(const FeatureRequest& r, const KnownRows& known, int64_t first, int64_t n,
                       const ComputeFeatures& compute) {
  torch::NoGradGuard no_grad;
  torch::Tensor rows = torch::empty({n, r.width}, type_of(r));
  std::vector<int64_t> missing;
  for (int64_t i = 0; i < n; ++i) {
    const torch::Tensor row = r.rows.empty() ? torch::Tensor() : known.find(r.rows[static_cast<size_t>(first + i)]);
    if (row.defined())
      rows[i].copy_(row);
    else
      missing.push_back(first + i);
  }
  if (missing.empty()) return rows;
  const torch::Tensor made = compute(missing).to(torch::kCPU, type_of(r)).contiguous();
  SENSORIUM_ASSERT(made.size(0) == static_cast<int64_t>(missing.size()) && made.size(1) == r.width);
  rows.index_copy_(0, torch::tensor(missing, torch::kLong) - first, made);
  return rows;
}

void make(const fs::path& stem, const FeatureRequest& r, const ComputeFeatures& compute) {
  make_directories(r.folder);
  const KnownRows known(r);
  AtomicFile file(with_extension(stem, ".npy"));
  file.write(npy_header(r));
  Progress progress("features of " + r.name, static_cast<uint64_t>(r.count));
  for (int64_t first = 0; first < r.count; first += r.chunk) {
    const int64_t n = std::min(r.chunk, r.count - first);
    const torch::Tensor rows = chunk_of(r, known, first, n, compute);
    file.write(rows.const_data_ptr(), rows.nbytes());
    progress.advance(static_cast<uint64_t>(n));
  }
  if (!r.rows.empty()) write_file(with_extension(stem, ".rows"), lines_of(r.rows));
  file.commit();
}

}  // namespace

torch::Tensor cached_features(const FeatureRequest& r, const ComputeFeatures& compute) {
  SENSORIUM_ASSERT(r.rows.empty() || static_cast<int64_t>(r.rows.size()) == r.count);
  const fs::path stem = stem_of(r), path = with_extension(stem, ".npy");
  if (!fs::exists(path)) make(stem, r, compute);
  return map_rows(path, r);
}

}  // namespace sensorium
