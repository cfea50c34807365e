#include "sensorium/tensor/kernels.h"
#include "sensorium/tensor/matrix.h"
#include "sensorium/tensor/onednn.h"

#include <algorithm>

namespace sensorium::rt {
namespace {

using Desc = dnnl::memory::desc;
constexpr auto kF32 = dnnl::memory::data_type::f32;
constexpr auto kPlain = dnnl::memory::format_tag::ab;

/// Below this many weights the own kernel is as fast as oneDNN, and there is no primitive to compile: a tiny model
/// answers at once.
constexpr int64_t kSmallWeights = 32768;
/// Rows for which the layout of a packed weight is chosen.
constexpr int64_t kTypicalRows = 256;

/// W as used: lora_scale * B A added, in double precision, where the layer has it.
Tensor effective_weight(const Linear<Tensor>& layer) {
  if (!layer.lora_a.defined()) return layer.weight;
  const int64_t out = layer.weight.size(0), in = layer.weight.size(1), rank = layer.lora_a.size(0);
  require_same({rank, in}, layer.lora_a, "lora", "A");
  require_same({out, rank}, layer.lora_b, "lora", "B");
  Tensor merged = Tensor::empty({out, in});
  const float *w = layer.weight.data(), *a = layer.lora_a.data(), *b = layer.lora_b.data();
  float* m = merged.mutable_data();
  parallel_ranges(out, row_grain(in * rank), [&](int64_t first, int64_t last) {
    for (int64_t o = first; o < last; ++o)
      for (int64_t i = 0; i < in; ++i) {
        double sum = 0;
        for (int64_t r = 0; r < rank; ++r) sum += double{b[o * rank + r]} * double{a[r * in + i]};
        m[o * in + i] = static_cast<float>(double{w[o * in + i]} + double{layer.lora_scale} * sum);
      }
  });
  return merged;
}

/// [out, in] -> [in, round_up(out, kPad)], zeros in the padding.
Tensor pack_small(const Tensor& weight) {
  const int64_t out = weight.size(0), in = weight.size(1), padded = round_up(out, kPad);
  Tensor packed = Tensor::zeros({in, padded});
  const float* w = weight.data();
  float* p = packed.mutable_data();
  for (int64_t o = 0; o < out; ++o)
    for (int64_t i = 0; i < in; ++i) p[i * padded + o] = w[o * in + i];
  return packed;
}

bool is_small(int64_t out, int64_t in) {
  return round_up(out, kPad) * in <= kSmallWeights;
}

/// act(x W^T + b) or residual + x W^T + b by the own kernel.
void run_small(const Tensor& x, const Tensor& packed, const Tensor& bias, const Tensor* residual, Activation act,
               Tensor& y) {
  const int64_t in = packed.size(0), padded = packed.size(1), out = y.size(-1);
  const float *source = x.data(), *weights = packed.data(), *b = bias.defined() ? bias.data() : nullptr;
  const float* added = residual != nullptr ? residual->data() : nullptr;
  float* destination = y.mutable_data();
  const Kernels& k = kernels();
  const int64_t grain = std::max<int64_t>(6, round_up((1 << 20) / std::max<int64_t>(1, in * padded), 6));
  parallel_ranges(rows_of(y), grain, [&](int64_t first, int64_t last) {
    const auto scratch = pool_allocate(static_cast<size_t>((last - first) * padded) * sizeof(float));
    float* sums = reinterpret_cast<float*>(scratch.get());
    k.gemm(last - first, padded, in, source + first * in, in, weights, padded, sums, padded);
    for (int64_t r = first; r < last; ++r) {
      float *row = sums + (r - first) * padded, *result = destination + r * out;
      if (b != nullptr) k.add(row, b, row, out);
      if (added != nullptr) k.add(added + r * out, row, row, out);
      k.activate(row, result, out, static_cast<KernelAct>(act));
    }
  });
}

/// `weights_kind` tells one layout of the weight from another in the key.
std::shared_ptr<const Primitive> matmul(int64_t m, int64_t n, int64_t k, const Desc& weights, int64_t weights_kind,
                                        bool bias, bool residual, Activation act) {
  const int64_t threads = use_threads();
  const PrimitiveKey key{1, m, n, k, weights_kind, bias, residual, static_cast<int64_t>(act), threads};
  return cached_primitive(key, [&] {
    Primitive p;
    p.source = Desc({m, k}, kF32, kPlain);
    p.destination = p.residual = Desc({m, n}, kF32, kPlain);
    if (bias) p.bias = Desc({1, n}, kF32, kPlain);
    dnnl::post_ops ops;
    if (residual) ops.append_binary(dnnl::algorithm::binary_add, p.residual);
    append_activation(ops, act);
    dnnl::primitive_attr attr;
    attr.set_post_ops(ops);
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const dnnl::matmul::primitive_desc pd(engine(), p.source, weights, p.bias, p.destination, attr);
    p.weights = pd.weights_desc();
    p.scratchpad = pd.scratchpad_desc();
    p.primitive = dnnl::matmul(pd);
    return p;
  });
}

/// A number for a layout: a hash of its blocks and strides.
int64_t layout_kind(const Desc& desc) {
  int64_t kind = 3;
  for (auto v : desc.get_inner_blks()) kind = kind * 257 + v;
  for (auto v : desc.get_inner_idxs()) kind = kind * 257 + v;
  for (auto v : desc.get_strides()) kind = kind * 257 + v;
  return kind;
}

Desc plain_desc(int64_t out, int64_t in) {
  return Desc({in, out}, kF32, dnnl::memory::format_tag::ba);
}

void run_large(const Tensor& x, const dnnl::memory& weights, int64_t in, const Tensor& bias, const Tensor* residual,
               Activation act, Tensor& y) {
  const int64_t m = rows_of(y), n = y.size(-1);
  if (m == 0) return;
  const Desc desc = weights.get_desc();
  const auto p = matmul(m, n, in, desc, layout_kind(desc), bias.defined(), residual != nullptr, act);
  execute(*p, x.data(), weights, bias.defined() ? bias.data() : nullptr,
          residual != nullptr ? residual->data() : nullptr, y.mutable_data());
  if (act != Activation::gelu) return;
  float* out = y.mutable_data();
  parallel_ranges(y.numel(), 16384, [&](int64_t first, int64_t last) {
    kernels().activate(out + first, out + first, last - first, KernelAct::gelu);
  });
}

Shape with_last(Shape shape, int64_t n) {
  shape[shape.rank() - 1] = n;
  return shape;
}

Tensor apply(const Tensor& x, const Linear<Tensor>& layer, const Tensor* residual, Activation act) {
  const Shape w = layer.weight.shape();
  require(layer.weight.defined() && w.rank() == 2, "linear", "a weight [out, in]", layer.weight);
  require(x.defined() && x.rank() > 0 && x.size(-1) == w[1], "linear", fmt::format("values of width {}", w[1]).c_str(),
          x);
  if (layer.bias.defined()) require_same({w[0]}, layer.bias, "linear", "a bias");
  const Tensor plain = x.row_major();
  Tensor y = Tensor::empty(with_last(x.shape(), w[0]));
  if (residual != nullptr) require_same(y.shape(), *residual, "linear", "a residual");
  if (const auto& packed = layer.weight.packed()) {
    if (packed->small.defined())
      run_small(plain, packed->small, layer.bias, residual, act, y);
    else
      run_large(plain, packed->matrix, w[1], layer.bias, residual, act, y);
    return y;
  }
  const Tensor weight = effective_weight(layer);
  if (is_small(w[0], w[1]))
    run_small(plain, pack_small(weight), layer.bias, residual, act, y);
  else
    run_large(plain, memory_at(plain_desc(w[0], w[1]), weight.data()), w[1], layer.bias, residual, act, y);
  return y;
}

}  // namespace

std::shared_ptr<const Packed> pack_matrix(const Tensor& weight) {
  require(weight.rank() == 2, "prepare", "a weight [out, in]", weight);
  const int64_t out = weight.size(0), in = weight.size(1);
  auto packed = std::make_shared<Packed>();
  if (is_small(out, in)) {
    packed->small = pack_small(weight);
    return packed;
  }
  const Desc any({in, out}, kF32, dnnl::memory::format_tag::any);
  const auto p = matmul(kTypicalRows, out, in, any, 0, false, false, Activation::none);
  auto blocked = reordered(memory_at(plain_desc(out, in), weight.data()), p->weights);
  packed->matrix = blocked.memory;
  packed->matrix_storage = blocked.storage;
  return packed;
}

Linear<Tensor> joined(std::initializer_list<const Linear<Tensor>*> parts) {
  int64_t out = 0, in = (*parts.begin())->weight.size(1);
  bool bias = false;
  for (const auto* part : parts) {
    require(part->weight.size(1) == in, "prepare", "projections of equal width", part->weight);
    out += part->weight.size(0);
    bias = bias || part->bias.defined();
  }
  Tensor weight = Tensor::empty({out, in});
  Linear<Tensor> result;
  if (bias) result.bias = Tensor::zeros({out});
  int64_t row = 0;
  for (const auto* part : parts) {
    const Tensor w = effective_weight(*part);
    std::copy_n(w.data(), w.numel(), weight.mutable_data() + row * in);
    if (part->bias.defined()) std::copy_n(part->bias.data(), w.size(0), result.bias.mutable_data() + row);
    row += w.size(0);
  }
  result.weight = Tensor::of_packed({out, in}, pack_matrix(weight));
  return result;
}

void prepare(Linear<Tensor>& layer) {
  if (layer.weight.defined()) layer.weight.set_packed(pack_matrix(effective_weight(layer)));
}

Tensor linear(const Tensor& x, const Linear<Tensor>& layer, Activation act) {
  return apply(x, layer, nullptr, act);
}

Tensor add_linear(const Tensor& residual, const Tensor& x, const Linear<Tensor>& layer) {
  return apply(x, layer, &residual, Activation::none);
}

}  // namespace sensorium::rt
