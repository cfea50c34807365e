#include "sensorium/models/weight_io.h"

#include "sensorium/base/checked.h"
#include "sensorium/base/hash.h"
#include "sensorium/base/rng.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace sensorium {
namespace {

void replace_prefix(std::string& name, std::string_view from, std::string_view to) {
  if (name.starts_with(from)) name.replace(0, from.size(), to);
}

void replace_suffix(std::string& name, std::string_view from, std::string_view to) {
  if (name.ends_with(from)) name.replace(name.size() - from.size(), from.size(), to);
}

/// Today's spelling of a name.
std::string canonical_name(std::string name) {
  replace_prefix(name, "bert.", "");
  replace_prefix(name, "vision_model.vision_model.", "vision_model.");
  replace_prefix(name, "text_model.text_model.", "text_model.");
  replace_suffix(name, "LayerNorm.gamma", "LayerNorm.weight");
  replace_suffix(name, "LayerNorm.beta", "LayerNorm.bias");
  return name;
}

bool carries_no_weight(const std::string& name) {
  return name.ends_with("position_ids") || name.ends_with("num_batches_tracked") || name.ends_with("attn_mask") ||
         name.ends_with("attention.bias.masked_bias");
}

bool is_floating(SafeDType type) {
  return type == SafeDType::F32 || type == SafeDType::F16 || type == SafeDType::BF16 || type == SafeDType::F64;
}

std::string shape_text(const std::vector<int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

/// [rows, columns] -> [columns, rows].
std::vector<float> transposed(const std::vector<float>& in, int64_t rows, int64_t columns) {
  std::vector<float> out(in.size());
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      out[static_cast<size_t>(c * rows + r)] = in[static_cast<size_t>(r * columns + c)];
  return out;
}

constexpr const char* kPackedName = ".packed";

bool is_aligned(std::span<const std::byte> bytes) {
  return reinterpret_cast<uintptr_t>(bytes.data()) % alignof(float) == 0;
}

/// Whether two shapes differ only in ones ([] and [1], [1, 1, D] and [D]).
bool same_but_ones(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  const auto without = [](std::vector<int64_t> s) {
    std::erase(s, 1);
    return s;
  };
  return without(a) == without(b);
}

}  // namespace

WeightSource::WeightSource(const fs::path& weights, std::string config)
    : reader_(std::make_shared<const CheckpointReader>(weights)), config_(std::move(config)) {
  for (const auto& [name, view] : reader_->tensors()) {
    by_name_[canonical_name(name)] = view;
    packed_ = packed_ || name.ends_with(kPackedName);
  }
}

TensorView WeightSource::find(const WeightSpec& spec) {
  const std::string file = reader_->path().string();
  auto found = by_name_.find(spec.name);
  if (found == by_name_.end() && spec.name.starts_with("text_model.")) found = by_name_.find(spec.name.substr(11));
  if (found == by_name_.end())
    throw InputError("load weights", "{}: expected a tensor \"{}\" of shape {} (by {}), got none", file, spec.name,
                     shape_text(spec.file_shape()), config_);
  const TensorView& view = found->second;
  if (!same_but_ones(view.shape, spec.file_shape()))
    throw InputError("load weights", "{}: expected \"{}\" of shape {} (by {}), got {}", file, spec.name,
                     shape_text(spec.file_shape()), config_, shape_text(view.shape));
  if (!is_floating(view.dtype))
    throw InputError("load weights", "{}: expected \"{}\" as F32, F16, BF16 or F64, got {}", file, spec.name,
                     dtype_name(view.dtype));
  read_.insert(found->first);
  const size_t part_bytes = view.data.size() / static_cast<size_t>(spec.parts);
  return {view.dtype, spec.shape, view.data.subspan(static_cast<size_t>(spec.part) * part_bytes, part_bytes)};
}

std::vector<float> WeightSource::read(const WeightSpec& spec) {
  std::vector<float> values = to_float32(find(spec));
  return spec.transpose ? transposed(values, spec.shape[1], spec.shape[0]) : values;
}

std::shared_ptr<const void> WeightSource::owner_of(std::span<const std::byte> bytes) const {
  // Once a weight is packed nobody reads it in the file again: its pages need not stay in memory.
  return {bytes.data(), [file = reader_, bytes](const void*) { MappedFile::release(bytes); }};
}

std::optional<WeightSource::InFile> WeightSource::view(const WeightSpec& spec) {
  const TensorView found = find(spec);
  if (found.dtype != SafeDType::F32 || spec.transpose || !is_aligned(found.data)) return std::nullopt;
  return InFile{reinterpret_cast<const float*>(found.data.data()), owner_of(found.data)};
}

bool WeightSource::contains_layer(const std::string& module) const {
  return contains(module + ".weight") || contains(module + kPackedName);
}

PackedWeight WeightSource::packed_layer(const std::string& module) {
  auto found = packed(module);
  if (!found)
    throw InputError("load weights", "{}: expected a packed layer \"{}\" (by {}), got none", reader_->path().string(),
                     module, config_);
  return std::move(*found);
}

std::optional<PackedWeight> WeightSource::packed(const std::string& module) {
  const auto found = by_name_.find(module + kPackedName);
  if (found == by_name_.end()) return std::nullopt;
  const TensorView& panels = found->second;
  PackedWeight w;
  w.source = reader_->path().string() + ": " + module;
  const auto wrong = [&](const std::string& what) {
    throw InputError("load weights", "{}: expected {}, got a tensor {} {}", w.source, what, dtype_name(panels.dtype),
                     shape_text(panels.shape));
  };
  w.precision = panels.dtype == SafeDType::I8     ? Precision::int8
                : panels.dtype == SafeDType::BF16 ? Precision::bf16
                                                  : Precision::fp32;
  const int64_t each = per_word(w.precision);
  if ((w.precision == Precision::fp32 && panels.dtype != SafeDType::F32) || panels.shape.size() != 4 ||
      panels.shape[2] != 64 || panels.shape[3] != each || !is_aligned(panels.data))
    wrong("panels [N, words, 64, values] of F32, BF16 or I8");
  read_.insert(found->first);
  w.out = panels.shape[0] * 64;  // rounded up: the layer knows better
  w.in = panels.shape[1] * each;
  w.panels = panels.data.data();
  w.owner = reader_;
  if (w.precision != Precision::int8) return w;
  for (const auto& [name, to] : {std::pair<std::string, const float**>{"_scales", &w.scales}, {"_sums", &w.sums}}) {
    const auto row = by_name_.find(module + kPackedName + name);
    if (row == by_name_.end() || row->second.dtype != SafeDType::F32 || row->second.shape.size() != 1 ||
        (row->second.shape[0] + 63) / 64 != panels.shape[0] || !is_aligned(row->second.data))
      wrong(fmt::format("beside it \"{}{}{}\", F32, a value for each row", module, kPackedName, name));
    read_.insert(row->first);
    *to = reinterpret_cast<const float*>(row->second.data.data());
    w.out = row->second.shape[0];
  }
  return w;
}

void WeightSource::check_all_read(const std::vector<std::string>& ignored) const {
  std::vector<std::string> left;
  for (const auto& [name, view] : by_name_) {
    const bool expected =
        std::any_of(ignored.begin(), ignored.end(), [&name = name](const auto& p) { return name.starts_with(p); });
    if (!read_.count(name) && !carries_no_weight(name) && !expected) left.push_back(name);
  }
  if (!left.empty())
    throw InputError("load weights", "{}: expected only the tensors that {} describes, got {} more, the first \"{}\"",
                     reader_->path().string(), config_, left.size(), left.front());
}

void WeightSink::add(const WeightSpec& spec, const std::vector<float>& values) {
  Stored& stored = tensors_[spec.name];
  if (stored.values.empty()) {
    stored.shape = spec.file_shape();
    stored.values.resize(checked_numel(stored.shape, "save weights"));
  }
  SENSORIUM_ASSERT(stored.values.size() == values.size() * static_cast<size_t>(spec.parts));
  const std::vector<float> laid = spec.transpose ? transposed(values, spec.shape[0], spec.shape[1]) : values;
  std::copy(laid.begin(), laid.end(), stored.values.begin() + static_cast<std::ptrdiff_t>(laid.size()) * spec.part);
}

void WeightSink::add_packed(const std::string& module, const PackedWeight& w) {
  tensors_.erase(module + ".weight");
  const int64_t each = per_word(w.precision);
  const std::vector<int64_t> shape{(w.out + 63) / 64, (w.in + each - 1) / each, 64, each};
  const auto type = w.precision == Precision::int8   ? SafeDType::I8
                    : w.precision == Precision::bf16 ? SafeDType::BF16
                                                     : SafeDType::F32;
  const auto bytes = checked_mul(checked_numel(shape, "write weights"), dtype_size(type), "write weights");
  packed_.emplace_back(module + kPackedName, TensorView{type, shape, {static_cast<const std::byte*>(w.panels), bytes}});
  if (w.scales == nullptr) return;
  packed_.emplace_back(module + kPackedName + "_scales", TensorView::of(w.scales, {w.out}));
  packed_.emplace_back(module + kPackedName + "_sums", TensorView::of(w.sums, {w.out}));
}

void WeightSink::write(const fs::path& folder, Layout layout) const {
  static constexpr int64_t kNoBatches = 0;
  NamedTensors out = packed_;
  for (const auto& [name, stored] : tensors_) {
    out.emplace_back(name, TensorView::of(stored.values.data(), stored.shape));
    if (!name.ends_with(".running_var")) continue;
    std::string counter = name;
    replace_suffix(counter, "running_var", "num_batches_tracked");
    out.emplace_back(counter, TensorView{SafeDType::I64, {}, std::as_bytes(std::span(&kNoBatches, 1))});
  }
  make_directories(folder);
  if (layout == Layout::open_clip)
    write_safetensors(folder / "open_clip_model.safetensors", out, {{"format", "pt"}});
  else
    write_checkpoint(folder, out);
}

std::vector<float> fresh_values(const WeightSpec& spec, uint64_t seed) {
  std::vector<float> values(checked_numel(spec.shape, "make weights"), spec.init.mean);
  if (spec.init.deviation == 0 && spec.init.bound == 0) return values;
  CounterRng rng(mix_seed(seed, {stable_hash(spec.name), static_cast<uint64_t>(spec.part)}));
  for (float& value : values)
    value += spec.init.bound > 0 ? static_cast<float>(rng.uniform(-spec.init.bound, spec.init.bound))
                                 : spec.init.deviation * static_cast<float>(rng.normal());
  return values;
}

}  // namespace sensorium
