#include "bench/micro/peers.h"

#include <oneapi/dnnl/dnnl.hpp>

#include <cmath>
#include <cstring>
#include <unordered_map>
#include <vector>

namespace sensorium::bench {
namespace {

using dnnl::memory;
using Desc = memory::desc;
using Tag = memory::format_tag;
constexpr auto kF32 = memory::data_type::f32;

const dnnl::engine& engine() {
  static const dnnl::engine e(dnnl::engine::kind::cpu, 0);
  return e;
}

memory filled(const Desc& desc) {
  memory m(desc, engine());
  if (desc.get_data_type() != kF32) {
    std::memset(m.get_data_handle(), 1, desc.get_size());
    return m;
  }
  auto* p = static_cast<float*>(m.get_data_handle());
  for (size_t i = 0; i < desc.get_size() / sizeof(float); ++i) p[i] = static_cast<float>(i % 17) * 0.01f;
  return m;
}

using Args = std::unordered_map<int, memory>;

std::function<void()> runner(std::vector<std::pair<dnnl::primitive, Args>> steps) {
  return [steps = std::move(steps), stream = dnnl::stream(engine())]() mutable {
    for (auto& [primitive, args] : steps) primitive.execute(stream, args);
  };
}

}  // namespace

std::function<void()> onednn_matmul(int64_t m, int64_t n, int64_t k, Precision precision) {
  using Type = memory::data_type;
  const Type left = precision == Precision::int8 ? Type::u8 : precision == Precision::bf16 ? Type::bf16 : kF32;
  const Type right = precision == Precision::int8 ? Type::s8 : left;
  dnnl::primitive_attr attr;
  if (precision == Precision::int8) {
    attr.set_scales_mask(DNNL_ARG_SRC, 0);
    attr.set_scales_mask(DNNL_ARG_WEIGHTS, 2);
  }
  const dnnl::matmul::primitive_desc pd(engine(), Desc({m, k}, left, Tag::ab), Desc({k, n}, right, Tag::any),
                                        Desc({1, n}, kF32, Tag::ab), Desc({m, n}, kF32, Tag::ab), attr);
  Args args{{DNNL_ARG_SRC, filled(pd.src_desc())},
            {DNNL_ARG_WEIGHTS, filled(pd.weights_desc())},
            {DNNL_ARG_BIAS, filled(pd.bias_desc())},
            {DNNL_ARG_DST, filled(pd.dst_desc())}};
  if (precision == Precision::int8) {
    args[DNNL_ARG_ATTR_SCALES | DNNL_ARG_SRC] = filled(Desc({1}, kF32, Tag::a));
    args[DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS] = filled(Desc({n}, kF32, Tag::a));
  }
  return runner({{dnnl::matmul(pd), args}});
}

std::function<void()> onednn_attention(int64_t batch, int64_t heads, int64_t tokens, int64_t width) {
  const Desc rows({batch, heads, tokens, width}, kF32, Tag::abcd),
      turned({batch, heads, width, tokens}, kF32, Tag::abdc);
  const Desc scores({batch, heads, tokens, tokens}, kF32, Tag::abcd);
  const dnnl::matmul::primitive_desc first(engine(), rows, turned, scores);
  const dnnl::softmax_forward::primitive_desc softmax(engine(), dnnl::prop_kind::forward_inference,
                                                      dnnl::algorithm::softmax_accurate, scores, scores, 3);
  const dnnl::matmul::primitive_desc second(engine(), scores, rows, rows);
  const memory s = filled(scores);
  return runner(
      {{dnnl::matmul(first), {{DNNL_ARG_SRC, filled(rows)}, {DNNL_ARG_WEIGHTS, filled(turned)}, {DNNL_ARG_DST, s}}},
       {dnnl::softmax_forward(softmax), {{DNNL_ARG_SRC, s}, {DNNL_ARG_DST, s}}},
       {dnnl::matmul(second), {{DNNL_ARG_SRC, s}, {DNNL_ARG_WEIGHTS, filled(rows)}, {DNNL_ARG_DST, filled(rows)}}}});
}

std::function<void()> onednn_convolution(int64_t batch, int64_t in, int64_t side, int64_t out, int64_t kernel,
                                         int64_t stride, int64_t padding) {
  const int64_t after = (side + 2 * padding - kernel) / stride + 1;
  const dnnl::convolution_forward::primitive_desc pd(
      engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
      Desc({batch, in, side, side}, kF32, Tag::any), Desc({out, in, kernel, kernel}, kF32, Tag::any),
      Desc({out}, kF32, Tag::a), Desc({batch, out, after, after}, kF32, Tag::any), {stride, stride}, {padding, padding},
      {padding, padding});
  return runner({{dnnl::convolution_forward(pd),
                  {{DNNL_ARG_SRC, filled(pd.src_desc())},
                   {DNNL_ARG_WEIGHTS, filled(pd.weights_desc())},
                   {DNNL_ARG_BIAS, filled(pd.bias_desc())},
                   {DNNL_ARG_DST, filled(pd.dst_desc())}}}});
}

}  // namespace sensorium::bench
