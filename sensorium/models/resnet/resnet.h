#pragma once
// ResNet (He et al., "Deep residual learning for image recognition", 2015), as `transformers` lays it out.

#include "sensorium/models/json_fields.h"
#include "sensorium/models/transformer.h"

namespace sensorium {

/// Hugging Face's `ResNetConfig`. `batch_norm_eps` is our extension (absent: 1e-5, and then not written).
struct ResNetConfig {
  int64_t num_channels = 3, embedding_size = 64;
  std::vector<int64_t> hidden_sizes = {256, 512, 1024, 2048}, depths = {3, 4, 6, 3};
  std::string layer_type = "bottleneck", hidden_act = "relu";
  bool downsample_in_first_stage = false, downsample_in_bottleneck = false;
  double batch_norm_eps = 1e-5;

  void describe(ConfigFields& f);
  bool operator==(const ResNetConfig&) const = default;
};

/// Two (basic) or three (bottleneck) normalised convolutions beside a shortcut.
template <class T>
struct ResidualLayer {
  std::vector<Conv2d<T>> convs;
  std::vector<BatchNorm2d<T>> norms;
  Conv2d<T> shortcut;
  BatchNorm2d<T> shortcut_norm;
  bool has_shortcut = false;
  int64_t in = 0, out = 0;
};

template <class T>
struct ResNet {
  ResNetConfig config;
  Conv2d<T> stem;
  BatchNorm2d<T> stem_norm;
  std::vector<std::vector<ResidualLayer<T>>> stages;
  Activation act = Activation::relu;
};

template <class T>
ResNet<T> make_resnet(const ResNetConfig& config, const std::string& source);
template <class T>
void describe(ResNet<T>& model, Layout layout, const std::string& prefix, WeightVisitor<T>& v);

/// Pixels [B,C,H,W] to the mean over positions of the last stage [B,C']. Captures "hidden_state.0" (stem after pooling)
/// to ".4" and "pooler_output". Thread-safe.
template <class T>
T pool_pixels(const ResNet<T>& model, const T& pixels, const Capture<T>& capture = {});

/// The positions of the last stage as tokens [B, H' * W', C'], row by row.
template <class T>
T grid_pixels(const ResNet<T>& model, const T& pixels);

}  // namespace sensorium
