#pragma once
// Definitions of resnet.h for any tensor type whose op set was included before.

#include "sensorium/models/checks.h"
#include "sensorium/models/parts.h"
#include "sensorium/models/resnet/resnet.h"
#include "sensorium/tensor/traits.h"

namespace sensorium {

/// Where the stride of a layer sits and what its convolutions look like: (kernel, out, in) in order.
template <class T>
ResidualLayer<T> make_residual_layer(const ResNetConfig& config, int64_t in, int64_t out, int stride, float epsilon) {
  ResidualLayer<T> l;
  l.in = in;
  l.out = out;
  l.has_shortcut = in != out || stride != 1;
  l.shortcut.stride = stride;
  l.shortcut_norm.epsilon = epsilon;
  const bool basic = config.layer_type == "basic";
  l.convs.resize(basic ? 2 : 3);
  l.norms.resize(l.convs.size());
  for (auto& norm : l.norms) norm.epsilon = epsilon;
  if (basic) {
    l.convs[0].padding = l.convs[1].padding = 1;
    l.convs[0].stride = stride;
  } else {
    l.convs[1].padding = 1;
    l.convs[config.downsample_in_bottleneck ? 0 : 1].stride = stride;
  }
  return l;
}

template <class T>
ResNet<T> make_resnet(const ResNetConfig& config, const std::string& source) {
  const auto epsilon = static_cast<float>(config.batch_norm_eps);
  ResNet<T> m;
  m.config = config;
  m.act = parse_activation(config.hidden_act, source);
  m.stem.stride = 2;
  m.stem.padding = 3;
  m.stem_norm.epsilon = epsilon;
  int64_t in = config.embedding_size;
  for (size_t s = 0; s < config.hidden_sizes.size(); ++s) {
    const int64_t out = config.hidden_sizes[s];
    auto& stage = m.stages.emplace_back();
    for (int64_t i = 0; i < config.depths[s]; ++i) {
      const int stride = i == 0 && (s > 0 || config.downsample_in_first_stage) ? 2 : 1;
      stage.push_back(make_residual_layer<T>(config, i == 0 ? in : out, out, stride, epsilon));
    }
    in = out;
  }
  return m;
}

template <class T>
void describe(ResidualLayer<T>& l, const std::string& p, WeightVisitor<T>& v) {
  constexpr int64_t kReduction = 4;
  if (l.has_shortcut)
    describe_conv_norm(v, p + "shortcut.convolution", p + "shortcut.normalization", l.shortcut, l.shortcut_norm, l.out,
                       l.in, 1);
  const auto conv = [&](size_t i, int64_t out, int64_t in, int64_t kernel) {
    const std::string name = p + "layer." + std::to_string(i);
    describe_conv_norm(v, name + ".convolution", name + ".normalization", l.convs[i], l.norms[i], out, in, kernel);
  };
  if (l.convs.size() == 2) {
    conv(0, l.out, l.in, 3);
    conv(1, l.out, l.out, 3);
  } else {
    const int64_t narrow = l.out / kReduction;
    conv(0, narrow, l.in, 1);
    conv(1, narrow, narrow, 3);
    conv(2, l.out, narrow, 1);
  }
}

template <class T>
void describe(ResNet<T>& m, Layout layout, const std::string& prefix, WeightVisitor<T>& v) {
  SENSORIUM_ASSERT(layout == Layout::hugging_face);
  const std::string stem = prefix + "embedder.embedder.";
  describe_conv_norm(v, stem + "convolution", stem + "normalization", m.stem, m.stem_norm, m.config.embedding_size,
                     m.config.num_channels, 7);
  for (size_t s = 0; s < m.stages.size(); ++s)
    for (size_t i = 0; i < m.stages[s].size(); ++i)
      describe(m.stages[s][i], prefix + "encoder.stages." + std::to_string(s) + ".layers." + std::to_string(i) + ".",
               v);
}

template <class T>
T run_residual_layer(const ResidualLayer<T>& l, const T& x, Activation act) {
  const T shortcut = l.has_shortcut ? conv_norm(x, l.shortcut, l.shortcut_norm) : x;
  T y = x;
  const size_t last = l.convs.size() - 1;
  for (size_t i = 0; i < last; ++i) y = conv_norm(y, l.convs[i], l.norms[i], act);
  return conv_norm_add(shortcut, y, l.convs[last], l.norms[last], act);
}

/// The values of one row's largest activation, at the stem.
template <class T>
int64_t widest_row(const ResNet<T>& m, const T& pixels) {
  return size_of(pixels, 2) * size_of(pixels, 3) / 4 * TensorTraits<T>::shape(m.stem.weight)[0];
}

/// The last stage [B,C',H',W'].
template <class T>
T run_stages(const ResNet<T>& m, const T& pixels, const Capture<T>& capture) {
  T x = max_pool2d(conv_norm(pixels, m.stem, m.stem_norm, m.act), 3, 2, 1);
  keep(capture, "hidden_state.0", x);
  for (size_t s = 0; s < m.stages.size(); ++s) {
    for (const auto& layer : m.stages[s]) x = run_residual_layer(layer, x, m.act);
    keep(capture, "hidden_state." + std::to_string(s + 1), x);
  }
  return x;
}

template <class T>
T pool_pixels(const ResNet<T>& m, const T& pixels, const Capture<T>& capture) {
  check_pixels(TensorTraits<T>::shape(pixels), m.config.num_channels, 0);
  const int64_t widest = widest_row(m, pixels);
  if (!capture && size_of(pixels, 0) > batch_part(pixels, widest))
    return in_parts(pixels, widest, [&](const T& part, int64_t) { return pool_pixels(m, part, capture); });
  const T pooled = global_avg_pool(run_stages(m, pixels, capture));  // [B, C]
  keep(capture, "pooler_output", pooled);
  return pooled;
}

template <class T>
T grid_pixels(const ResNet<T>& m, const T& pixels) {
  check_pixels(TensorTraits<T>::shape(pixels), m.config.num_channels, 0);
  return in_parts(pixels, widest_row(m, pixels),
                  [&](const T& part, int64_t) { return flatten_positions(run_stages(m, part, {})); });
}

}  // namespace sensorium
