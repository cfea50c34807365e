#pragma once
// Definitions of modified_resnet.h for any tensor type whose op set was included before.

#include "sensorium/models/checks.h"
#include "sensorium/models/clip/modified_resnet.h"
#include "sensorium/models/parts.h"
#include "sensorium/tensor/traits.h"

namespace sensorium {

template <class T>
ModifiedResNet<T> make_modified_resnet(const ModifiedResNetConfig& config, int64_t projection_dim,
                                       const std::string& source) {
  if (config.layers.size() != 4)
    throw InputError("config", "{}: expected 4 stages in vision_cfg.layers, got {}", source, config.layers.size());
  if (config.image_size % 32 != 0)
    throw InputError("config", "{}: expected an image_size that 32 divides, got {}", source, config.image_size);
  if (config.width % 2 != 0 || config.feature_width() % config.head_width != 0)
    throw InputError("config", "{}: expected an even width of which 32 times is a multiple of head_width {}, got {}",
                     source, config.head_width, config.width);
  ModifiedResNet<T> m;
  m.config = config;
  m.projection_dim = projection_dim;
  m.conv1.stride = 2;
  m.conv1.padding = m.conv2.padding = m.conv3.padding = 1;
  m.pool.num_heads = static_cast<int>(config.feature_width() / config.head_width);
  m.stages.resize(4);
  for (size_t s = 0; s < 4; ++s) {
    m.stages[s].resize(static_cast<size_t>(config.layers[s]));
    for (auto& block : m.stages[s]) block.conv2.padding = 1;
    m.stages[s][0].has_downsample = true;  // widths differ at every stage's first block
    m.stages[s][0].stride = s == 0 ? 1 : 2;
  }
  return m;
}

template <class T>
void describe(ModifiedBottleneck<T>& b, const std::string& p, int64_t in, int64_t planes, WeightVisitor<T>& v) {
  describe_conv_norm(v, p + "conv1", p + "bn1", b.conv1, b.bn1, planes, in, 1);
  describe_conv_norm(v, p + "conv2", p + "bn2", b.conv2, b.bn2, planes, planes, 3);
  describe_conv_norm(v, p + "conv3", p + "bn3", b.conv3, b.bn3, planes * 4, planes, 1, 0);  // begins as the identity
  if (b.has_downsample)
    describe_conv_norm(v, p + "downsample.0", p + "downsample.1", b.downsample, b.downsample_norm, planes * 4, in, 1);
}

template <class T>
void describe(ModifiedResNet<T>& m, Layout layout, const std::string&, WeightVisitor<T>& v) {
  SENSORIUM_ASSERT(layout == Layout::open_clip);
  const std::string p = "visual.";
  const int64_t width = m.config.width, half = width / 2, features = m.config.feature_width();
  describe_conv_norm(v, p + "conv1", p + "bn1", m.conv1, m.bn1, half, 3, 3);
  describe_conv_norm(v, p + "conv2", p + "bn2", m.conv2, m.bn2, half, half, 3);
  describe_conv_norm(v, p + "conv3", p + "bn3", m.conv3, m.bn3, width, half, 3);
  int64_t in = width;
  for (size_t s = 0; s < 4; ++s) {
    const int64_t planes = width << s;
    for (size_t i = 0; i < m.stages[s].size(); ++i) {
      const std::string block = p + "layer" + std::to_string(s + 1) + "." + std::to_string(i) + ".";
      describe(m.stages[s][i], block, in, planes, v);
      in = planes * 4;
    }
  }
  const int64_t side = m.config.image_size / 32;
  const Init init = Init::normal(1 / std::sqrt(static_cast<double>(features)));
  v.weight({.name = p + "attnpool.positional_embedding", .shape = {1 + side * side, features}, .init = init},
           m.position_embedding);
  Linear<T>* layers[4] = {&m.pool.query, &m.pool.key, &m.pool.value, &m.pool.output};
  const char* names[4] = {"q_proj", "k_proj", "v_proj", "c_proj"};
  for (size_t i = 0; i < 4; ++i) {
    const int64_t out = i < 3 ? features : m.projection_dim;
    const std::string name = p + "attnpool." + names[i];
    v.weight({.name = name + ".weight", .shape = {out, features}, .init = init}, layers[i]->weight);
    v.weight({.name = name + ".bias", .shape = {out}, .init = {}}, layers[i]->bias);
  }
  v.cross_attention({p + "attnpool.q_proj", p + "attnpool.k_proj", p + "attnpool.v_proj", p + "attnpool.c_proj"},
                    m.pool);
}

template <class T>
T run_bottleneck(const ModifiedBottleneck<T>& b, const T& x) {
  T y = conv_norm(x, b.conv1, b.bn1, Activation::relu);
  y = conv_norm(y, b.conv2, b.bn2, Activation::relu);
  if (b.stride > 1) y = avg_pool2d(y, b.stride);
  T shortcut = x;
  if (b.has_downsample)
    shortcut = conv_norm(b.stride > 1 ? avg_pool2d(x, b.stride) : x, b.downsample, b.downsample_norm);
  return conv_norm_add(shortcut, y, b.conv3, b.bn3, Activation::relu);
}

template <class T>
T pool_pixels(const ModifiedResNet<T>& m, const T& pixels, const Capture<T>& capture) {
  check_pixels(TensorTraits<T>::shape(pixels), 3, m.config.image_size);
  const int64_t widest = size_of(pixels, 2) * size_of(pixels, 3) / 4 * TensorTraits<T>::shape(m.conv3.weight)[0];
  if (!capture && size_of(pixels, 0) > batch_part(pixels, widest))
    return in_parts(pixels, widest, [&](const T& part, int64_t) { return pool_pixels(m, part, capture); });
  T x = conv_norm(pixels, m.conv1, m.bn1, Activation::relu);
  x = conv_norm(x, m.conv2, m.bn2, Activation::relu);
  x = avg_pool2d(conv_norm(x, m.conv3, m.bn3, Activation::relu), 2);
  keep(capture, "stage.0", x);
  for (size_t s = 0; s < m.stages.size(); ++s) {
    for (const auto& block : m.stages[s]) x = run_bottleneck(block, x);
    keep(capture, "stage." + std::to_string(s + 1), x);
  }
  const T positions = flatten_positions(x);  // [B, HW, C]
  const T tokens = add_rows(prepend_token(positions, mean_tokens(positions, {})), m.position_embedding);
  const std::vector<int64_t> first(static_cast<size_t>(size_of(x, 0)), 0);
  const T query = first_token(tokens);                                                   // [B, 1, C]
  return select_tokens(cross_attention(query, tokens, m.pool, AttentionMask{}), first);  // [B, C]
}

}  // namespace sensorium
