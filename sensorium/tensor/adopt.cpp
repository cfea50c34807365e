// Weights that lie packed in a file, taken as they are, and given to be written so.

#include "sensorium/tensor/conv_weight.h"
#include "sensorium/tensor/matrix.h"
#include "sensorium/tensor/runtime.h"
#include "sensorium/tensor/winograd.h"

#include <algorithm>

namespace sensorium::rt {
namespace {

/// The packed weight of `out` rows and `in` columns, if it is of that size.
std::shared_ptr<Packed> packed_of(const PackedWeight& w, int64_t out, int64_t in) {
  const int64_t each = per_word(w.precision);
  if ((w.out + kPanel - 1) / kPanel != (out + kPanel - 1) / kPanel || (w.scales != nullptr && w.out != out) ||
      round_up(w.in, each) != round_up(in, each))
    throw InputError("load weights", "{}: expected a packed weight [{}, {}], got one of [{}, {}]", w.source, out, in,
                     w.out, w.in);
  auto packed = std::make_shared<Packed>();
  packed->precision = w.precision;
  packed->out = out;
  packed->in = in;
  packed->panels = static_cast<const Word*>(w.panels);
  packed->scales = w.scales;
  packed->sums = w.sums;
  packed->storage = w.owner;
  return packed;
}

/// `joined` of parts that have shapes, and biases or not; the parts become views of it.
void adopt_joined(std::initializer_list<Linear<Tensor>*> parts, Linear<Tensor>& joined, const PackedWeight& weight) {
  int64_t out = 0;
  for (const Linear<Tensor>* part : parts) out += part->weight.size(0);
  join(parts, joined, packed_of(weight, out, (*parts.begin())->weight.size(1)), true);
}

}  // namespace

void adopt(Linear<Tensor>& layer, const PackedWeight& weight) {
  const Shape shape = layer.weight.shape();
  layer.weight = Tensor::of_packed(shape, packed_of(weight, shape[0], shape[1]));
}

void adopt(SelfAttention<Tensor>& layer, const PackedWeight& qkv, const PackedWeight& output) {
  adopt_joined({&layer.query, &layer.key, &layer.value}, layer.packed, qkv);
  adopt(layer.output, output);
}

void adopt_cross(SelfAttention<Tensor>& layer, const PackedWeight& query, const PackedWeight& kv,
                 const PackedWeight& output) {
  adopt(layer.query, query);
  adopt_joined({&layer.key, &layer.value}, layer.packed, kv);
  adopt(layer.output, output);
}

void adopt(Conv2d<Tensor>& layer, const BatchNorm2d<Tensor>& norm, const PackedWeight& weight) {
  const PackedSize patches = packed_size(layer, weight.precision, true);
  const bool winograd = winograd_fits(layer, weight.precision) && weight.out == patches.out;
  const PackedSize size = winograd ? patches : packed_size(layer, weight.precision, false);
  const auto packed = packed_of(weight, size.out, size.in);
  packed->bias = folded_bias(layer, norm);
  layer.weight = Tensor::of_packed(layer.weight.shape(), packed);
}

void adopt_patches(Conv2d<Tensor>& layer, const PackedWeight& weight) {
  const Shape shape = layer.weight.shape();
  layer.weight = Tensor::of_packed(shape, packed_of(weight, shape[0], shape.numel() / std::max<int64_t>(1, shape[0])));
}

std::optional<PackedWeight> packed_weight(const Tensor& weight) {
  const auto& p = weight.packed();
  const bool view = p != nullptr && weight.rank() == 2 && p->out != weight.size(0);
  if (p == nullptr || view) return std::nullopt;
  return PackedWeight{p->precision, p->out, p->in, p->panels, p->scales, p->sums, p->storage, {}};
}

}  // namespace sensorium::rt
