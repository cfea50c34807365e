#pragma once
// Two towers that meet in one space: CLIP (Hugging Face and open_clip layouts), SigLIP, Chinese-CLIP,
// VisionTextDualEncoder.
//
// The functions here are declared for any tensor type and compiled for rt::Tensor in `sensorium_models_rt` and for
// torch::Tensor in `sensorium_torch`; link the one you use.

#include "sensorium/models/bert/bert.h"
#include "sensorium/models/clip/clip_text.h"
#include "sensorium/models/clip/clip_vision.h"
#include "sensorium/models/clip/modified_resnet.h"
#include "sensorium/models/resnet/resnet.h"
#include "sensorium/models/siglip/siglip.h"
#include "sensorium/models/vit/vit.h"
#include "sensorium/tensor/traits.h"

#include <variant>

namespace sensorium {

enum class DualFamily { clip, siglip, chinese_clip, vision_text_dual };

using VisionConfig = std::variant<ClipVisionConfig, ModifiedResNetConfig, SiglipVisionConfig, VitConfig, ResNetConfig>;
using TextConfig = std::variant<ClipTextConfig, SiglipTextConfig, BertConfig>;

/// What config.json (or open_clip_config.json) says.
struct DualEncoderConfig {
  DualFamily family = DualFamily::clip;
  Layout layout = Layout::hugging_face;
  VisionConfig vision = ClipVisionConfig{};
  TextConfig text = ClipTextConfig{};
  int64_t projection_dim = 512;  // SigLIP: the vision tower's width
  double logit_scale_init_value = 2.6592;
  /// Our extension of VisionTextDualEncoder (0, not written: off): see ProjectionHead.
  int64_t projection_hidden_dim = 0;
  Json preprocess_cfg = nullptr;  // open_clip's, kept as it was read

  /// Pixels a side that the vision tower takes; 0: any (ResNet).
  int64_t image_size() const;
  int64_t num_channels() const;
  int64_t vocab_size() const;
  /// Tokens a text at most.
  int64_t context_length() const;
  /// Width of the towers' pooled outputs.
  int64_t vision_width() const;
  int64_t text_width() const;
  bool operator==(const DualEncoderConfig&) const = default;
};

/// Reads `config.json`, or `open_clip_config.json` where there is no config.json. Throws InputError naming the file for
/// an architecture that is not supported (with the list of those that are) and for values that no model can have.
DualEncoderConfig read_dual_encoder_config(const fs::path& folder);
/// From JSON: a Hugging Face configuration (with "model_type"), or open_clip's (with "model_cfg").
DualEncoderConfig parse_dual_encoder_config(const Json& json, const std::string& source);
/// What is written as config.json or open_clip_config.json, by `config.layout`; parse of it gives `config` back.
OrderedJson to_json(const DualEncoderConfig& config);
/// The name of the configuration file in the layout.
std::string config_file_name(Layout layout);
/// The same model under another layout. Throws InputError when that layout cannot express it.
DualEncoderConfig with_layout(DualEncoderConfig config, Layout layout);

/// What stands beside a linear projection P where `projection_hidden_dim` is not 0: features of x are
/// P n + fc2(gelu(fc1(n))) with n = norm(x).
template <class T>
struct ProjectionHead {
  LayerNorm<T> norm;
  Linear<T> fc1, fc2;
};

template <class T>
struct DualEncoder {
  DualEncoderConfig config;
  std::variant<ClipVision<T>, ModifiedResNet<T>, SiglipVision<T>, Vit<T>, ResNet<T>> vision;
  std::variant<ClipText<T>, SiglipText<T>, Bert<T>> text;
  Linear<T> visual_projection;  // no weight: SigLIP, ModifiedResNet (its pool's output projects)
  Linear<T> text_projection;    // no weight: SigLIP (its head projects)
  ProjectionHead<T> visual_head, text_head;
  T logit_scale;  // [1], natural logarithm
  T logit_bias;   // [1], only SigLIP's
};

/// Tower outputs before the projection: pixels [B,C,S,S] (normalised) -> [B, vision_width]; tokens -> [B, text_width].
/// A capture receives what the towers' own pool functions capture. Throws InputError for wrong shapes and ids.
/// Thread-safe, as are all functions of a const model here.
template <class T>
T pool_image(const DualEncoder<T>& model, const T& pixels, const Capture<T>& capture = {});
template <class T>
T pool_text(const DualEncoder<T>& model, const TokenBatch& tokens, const Capture<T>& capture = {});

/// Pooled [B, width] -> features [B,P], not normalised.
template <class T>
T project_image(const DualEncoder<T>& model, const T& pooled);
template <class T>
T project_text(const DualEncoder<T>& model, const T& pooled);

/// Embeddings [B,P] of unit length.
template <class T>
T encode_image(const DualEncoder<T>& model, const T& pixels);
template <class T>
T encode_text(const DualEncoder<T>& model, const TokenBatch& tokens);

/// Logits [N,M] of image rows against text columns (unit embeddings): exp(logit_scale) a b^T (+ logit_bias).
template <class T>
T logits_per_image(const DualEncoder<T>& model, const T& image_embeds, const T& text_embeds);

/// Every weight and layer in a fixed order, under the names of `layout`.
template <class T>
void describe(DualEncoder<T>& model, Layout layout, WeightVisitor<T>& v);
/// f(const WeightSpec&, T&) for every weight, under the names of the model's own layout or of `layout`.
template <class T, class F>
void visit_weights(DualEncoder<T>& model, Layout layout, F&& f) {
  WeightFunction<T> v(std::forward<F>(f));
  describe(model, layout, v);
}
template <class T, class F>
void visit_weights(DualEncoder<T>& model, F&& f) {
  visit_weights(model, model.config.layout, std::forward<F>(f));
}

/// Reads a Hugging Face or open_clip folder, or a folder whose config is given. Throws InputError for a missing tensor,
/// a shape or element type that disagrees with the configuration (naming both), and tensors that the configuration has
/// no place for. Weights are converted to float32, and prepared for fast use where the tensor type does that.
template <class T>
DualEncoder<T> load_dual_encoder(const fs::path& folder);

/// Fresh weights as the family's authors begin training (CLIP: OpenAI's deviations; SigLIP: Xavier, logit_scale ln 10,
/// logit_bias -10; BERT and ViT: normal 0.02; ResNet: He), from a counter-based generator: every weight depends only on
/// (seed, its name), so they are the same on every machine.
template <class T>
DualEncoder<T> make_dual_encoder(const DualEncoderConfig& config, uint64_t seed);

/// Writes the configuration and `model.safetensors` (or `open_clip_model.safetensors`), float32, that `transformers`
/// (or open_clip) loads. Creates the folder.
template <class T>
void save_dual_encoder(const DualEncoder<T>& model, const fs::path& folder);

/// Lets the tensor type pack and fold what it can; call it after weights were changed. A load has done it.
template <class T>
void prepare_weights(DualEncoder<T>& model);

}  // namespace sensorium
