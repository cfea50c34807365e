#include "sensorium/train/tensor_file.h"

#include "sensorium/base/error.h"

#include <fmt/ranges.h>
#include <torch/torch.h>

#include <optional>

namespace sensorium {
namespace {

constexpr std::pair<SafeDType, torch::ScalarType> kTypes[] = {
    {SafeDType::F32, torch::kFloat},     {SafeDType::F64, torch::kDouble}, {SafeDType::F16, torch::kHalf},
    {SafeDType::BF16, torch::kBFloat16}, {SafeDType::I32, torch::kInt},    {SafeDType::I64, torch::kLong},
    {SafeDType::U8, torch::kByte},       {SafeDType::BOOL, torch::kBool}};

SafeDType stored_type(const torch::Tensor& tensor) {
  for (const auto& [stored, type] : kTypes)
    if (type == tensor.scalar_type()) return stored;
  throw UsageError("safetensors", "expected a tensor of a type the format has, got {}", toString(tensor.scalar_type()));
}

TensorView view_of(const torch::Tensor& contiguous) {
  return {stored_type(contiguous),
          contiguous.sizes().vec(),
          {static_cast<const std::byte*>(contiguous.const_data_ptr()), contiguous.nbytes()}};
}

}  // namespace

torch::Tensor to_torch(const TensorView& view, const std::string& source) {
  for (const auto& [stored, type] : kTypes) {
    if (stored != view.dtype) continue;
    torch::Tensor out = torch::empty(view.shape, torch::TensorOptions(type));
    if (!view.data.empty()) std::memcpy(out.mutable_data_ptr(), view.data.data(), view.data.size());
    return out;
  }
  throw InputError("safetensors", "{}: expected a tensor of a common type, got {}", source, dtype_name(view.dtype));
}

void write_tensors(const fs::path& path, const Parameters& tensors, const StringMap& metadata) {
  std::vector<torch::Tensor> held;
  NamedTensors views;
  for (const Parameter& t : tensors) {
    held.push_back(t.value.detach().to(torch::kCPU).contiguous());
    views.emplace_back(t.name, view_of(held.back()));
  }
  write_safetensors(path, views, metadata);
}

void read_tensors(const fs::path& path, const Parameters& tensors) {
  const SafetensorsFile file(path);
  torch::NoGradGuard no_grad;
  for (const Parameter& t : tensors) {
    const TensorView& stored = file.at(t.name);
    if (stored.shape != t.value.sizes().vec() || stored.dtype != stored_type(t.value))
      throw InputError("resume", "{}: expected \"{}\" as {} [{}], got {} [{}]", path.string(), t.name,
                       dtype_name(stored_type(t.value)), fmt::join(t.value.sizes(), ", "), dtype_name(stored.dtype),
                       fmt::join(stored.shape, ", "));
    torch::Tensor target = t.value;
    target.copy_(to_torch(stored, path.string()));
  }
  if (file.tensors().size() != tensors.size())
    throw InputError("resume", "{}: expected {} tensors, got {}", path.string(), tensors.size(), file.tensors().size());
}

}  // namespace sensorium
