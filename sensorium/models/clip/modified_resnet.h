#pragma once
// CLIP's ResNet: three stem convolutions, strides as average pools, attention pooling at the end (Radford et al.,
// 2021, 2.4).

#include "sensorium/models/json_fields.h"
#include "sensorium/models/transformer.h"

namespace sensorium {

/// open_clip's `vision_cfg` with a list of layers.
struct ModifiedResNetConfig {
  std::vector<int64_t> layers = {3, 4, 6, 3};
  int64_t width = 64, head_width = 64, image_size = 224;

  void describe(ConfigFields& f);
  /// Channels of the last stage.
  int64_t feature_width() const { return width * 32; }
  bool operator==(const ModifiedResNetConfig&) const = default;
};

/// 1x1, 3x3, average pool by `stride`, 1x1 to four times the width; the shortcut pools, then projects.
template <class T>
struct ModifiedBottleneck {
  Conv2d<T> conv1, conv2, conv3, downsample;
  BatchNorm2d<T> bn1, bn2, bn3, downsample_norm;
  int stride = 1;
  bool has_downsample = false;
};

template <class T>
struct ModifiedResNet {
  ModifiedResNetConfig config;
  int64_t projection_dim = 0;  // of the pool's output: there is no other projection
  Conv2d<T> conv1, conv2, conv3;
  BatchNorm2d<T> bn1, bn2, bn3;
  std::vector<std::vector<ModifiedBottleneck<T>>> stages;
  T position_embedding;   // [1 + positions, C]
  SelfAttention<T> pool;  // `output` projects to projection_dim
};

template <class T>
ModifiedResNet<T> make_modified_resnet(const ModifiedResNetConfig& config, int64_t projection_dim,
                                       const std::string& source);

/// open_clip's names under "visual."; there is no other layout.
template <class T>
void describe(ModifiedResNet<T>& model, Layout layout, const std::string& prefix, WeightVisitor<T>& v);

/// Pixels [B,3,S,S] to the attention pool's value before its output projection [B,C]. Captures "stage.0" (the stem) to
/// ".4". Thread-safe.
template <class T>
T pool_pixels(const ModifiedResNet<T>& model, const T& pixels, const Capture<T>& capture = {});

}  // namespace sensorium
