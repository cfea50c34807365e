#include "sensorium/tensor/converted.h"
#include "sensorium/tensor/matrix.h"
#include "sensorium/tensor/runtime.h"

namespace sensorium::rt {
namespace {

/// Rows of a task: their hidden values stay in a second-level cache's part, beside a panel.
constexpr int64_t kHiddenBytes = 512 << 10;

bool fits(const Linear<Tensor>& fc1, const Linear<Tensor>& fc2, const Tensor& x) {
  const auto &one = fc1.weight.packed(), &two = fc2.weight.packed();
  return one && two && one->in == x.size(-1) && two->in == one->out && two->out == x.size(-1);
}

}  // namespace

Tensor add_mlp(const Tensor& x, const LayerNorm<Tensor>& norm, const Linear<Tensor>& fc1, Activation act,
               const Linear<Tensor>& fc2) {
  require(x.defined() && x.rank() > 0, "add_mlp", "values of at least one dimension", x);
  const int threads = num_threads();
  const int64_t m = rows_of(x), hidden = fc1.weight.defined() ? fc1.weight.size(0) : 1;
  const bool fused = fits(fc1, fc2, x);
  const bool half = fused && fc2.weight.packed()->precision == Precision::bf16 && hidden % 2 == 0;
  const auto [blocks, tall] = row_blocks(m, kHiddenBytes, (half ? 2 : 4) * hidden,
                                         fused ? fc2.weight.packed()->precision : Precision::fp32, threads);
  if (!tall || !fused) return add_linear(x, project(x, norm, fc1, half ? Precision::bf16 : Precision::fp32, act), fc2);
  const Packed &one = *fc1.weight.packed(), &two = *fc2.weight.packed();
  Tensor y = Tensor::empty(x.shape());
  GemmEnd end;
  end.bias = data_or_null(fc2.bias);
  end.residual = x.data();
  end.residual_stride = end.out_stride = two.out;
  end.out = y.mutable_data();
  const NormedRows normed(x, norm);
  const GemmRows rows = normed.rows();
  parallel_ranges(m, (m + blocks - 1) / blocks, [&](int64_t first, int64_t last) {
    const int64_t count = last - first;
    const auto scratch = pool_allocate(static_cast<size_t>(count * hidden) * (half ? sizeof(Half) : sizeof(float)));
    GemmEnd middle;
    middle.bias = data_or_null(fc1.bias);
    middle.out = scratch.get();
    middle.out_stride = hidden;
    middle.half = half;
    middle.act = static_cast<KernelAct>(act);
    Converted inputs(rows, one, count);
    inputs.fill(first, last, 0, inputs.line());
    RowBlock block = inputs.block(0, first, count);
    block.row = 0;
    multiply(block, one, 0, one.panel_count(), middle);
    GemmRows hidden_rows{.data = reinterpret_cast<const float*>(scratch.get()), .stride = hidden};
    if (half) hidden_rows.halves = reinterpret_cast<const Half*>(scratch.get());
    Converted values(hidden_rows, two, count);
    values.fill(0, count, 0, values.line());
    block = values.block(0, 0, count);
    block.row = first;
    multiply(block, two, 0, two.panel_count(), end);
  });
  return y;
}

}  // namespace sensorium::rt
