#pragma once
// BLIP (Li, Li, Xiong, Hoi, "BLIP: bootstrapping language-image pre-training", 2022): a vision transformer and a BERT
// with cross attention, as `transformers` lays them out. The text transformer is used in three ways: alone (contrast),
// looking at a picture in both directions (matching), and looking at a picture from left to right (language model).
//
// The functions are compiled for rt::Tensor in `sensorium_models_rt` and for torch::Tensor in `sensorium_torch`.

#include "sensorium/models/blip/blip_config.h"
#include "sensorium/models/transformer.h"
#include "sensorium/tensor/decode_layers.h"
#include "sensorium/tensor/traits.h"
#include "sensorium/text/tokenizer.h"

namespace sensorium {

/// A vision transformer, or (our extension) a ResNet with stages, followed by the norm.
template <class T>
struct BlipVision {
  BlipVisionConfig config;
  ResNet<T> resnet;
  T cls_token;  // [D]
  Conv2d<T> patch_embedding;
  T position_embeddings;  // [1 + patches, D]
  Transformer<T> encoder;
  LayerNorm<T> post_norm;
};

template <class T>
struct BlipTextLayer {
  SelfAttention<T> self, cross;
  LayerNorm<T> self_norm, cross_norm, output_norm;
  Linear<T> fc1, fc2;
};

/// The text transformer. `dropout` acts where gradients are recorded; it is no weight and not saved.
template <class T>
struct BlipText {
  BlipTextConfig config;
  Embedding<T> word_embeddings;
  T position_embeddings;  // [max_position_embeddings, D]
  LayerNorm<T> embedding_norm;
  std::vector<BlipTextLayer<T>> layers;
  Activation act = Activation::gelu;
  double dropout = 0;
};

/// What turns a state into a score for every token; the last layer's matrix is the word embeddings'.
template <class T>
struct BlipLanguageHead {
  Linear<T> transform, decoder;
  LayerNorm<T> norm;
};

/// Which members hold weights depends on `config.kind`.
template <class T>
struct Blip {
  BlipConfig config;
  BlipVision<T> vision;
  BlipText<T> text_encoder;           // all but caption
  BlipText<T> text_decoder;           // caption, vqa, pretraining
  BlipLanguageHead<T> language_head;  // with the decoder
  Linear<T> vision_proj, text_proj;   // retrieval, pretraining; contrastive: without bias, of pooled states
  Linear<T> itm_head;                 // retrieval, pretraining: column 1 says that text and picture match
  Linear<T> text_pooler;              // contrastive
  T logit_scale;                      // [1], contrastive: natural logarithm
  T temperature;                      // [1], pretraining: scores are divided by it
};

/// Every weight and layer in a fixed order, under Hugging Face's names (pretraining: under the same names as far as
/// they go, each shared weight once).
template <class T>
void describe(Blip<T>& model, WeightVisitor<T>& v);
/// f(const WeightSpec&, T&) for every weight.
template <class T, class F>
void visit_weights(Blip<T>& model, F&& f) {
  WeightFunction<T> v(std::forward<F>(f));
  describe(model, v);
}

/// Pixels [B,C,H,W] to normalised states [B, 1 + patches, D]. Where H and W are not image_size, the positions' table is
/// interpolated (bicubic, as transformers' interpolate_pos_encoding does; without gradients to it). A ResNet gives the
/// positions of its last stage [B, H/32 * W/32, D], normalised. Captures (of a transformer)
/// "hidden_states.0" to ".n", "last_hidden_state" and "pooler_output" [B,D]. Throws InputError for pixels that are no
/// whole patches. Thread-safe, as are all functions of a const model here.
template <class T>
T encode_pixels(const BlipVision<T>& model, const T& pixels, const Capture<T>& capture = {});

/// What a text looks at: states [B,T,S] of a picture or a question, and which of them may be seen (empty: all).
template <class T>
struct BlipContext {
  T states;
  std::vector<int64_t> mask;
};

/// Tokens to states [B,T,D], in both directions or from left to right; with a context through cross attention, without
/// one (`context` null) as text alone. Throws InputError for ids outside the table and more tokens than positions.
template <class T>
T encode_tokens(const BlipText<T>& model, const TokenBatch& tokens, const BlipContext<T>* context, bool causal);

/// Scores of the next token after each [B,T,V] for given texts, all at once (training, scoring).
template <class T>
T language_logits(const Blip<T>& model, const TokenBatch& tokens, const BlipContext<T>& context);

/// Keys and values of states for each layer of a text transformer, projected once for many texts.
template <class T>
std::vector<CrossKeys<T>> project_states(const BlipText<T>& model, const T& states);
/// Tokens of N texts to states [N,T,D], as many texts beside each other for each picture whose keys are given.
template <class T>
T encode_tokens_over(const BlipText<T>& model, const TokenBatch& tokens, const std::vector<CrossKeys<T>>& pictures,
                     bool causal);
/// Match scores [N,2] of N texts, as many beside each other for each picture whose keys are given.
template <class T>
T match_logits_over(const Blip<T>& model, const TokenBatch& tokens, const std::vector<CrossKeys<T>>& pictures);
/// Match scores [B,2] of pairs; row i of the tokens goes with row i of the picture states.
template <class T>
T match_logits(const Blip<T>& model, const TokenBatch& tokens, const T& image_states);
/// Unit vectors [B,P] for the contrast of pictures (states [B,T,S]) and texts.
template <class T>
T contrast_image(const Blip<T>& model, const T& image_states);
template <class T>
T contrast_text(const Blip<T>& model, const TokenBatch& tokens);

/// The decoder's memory while it writes N = B * beams rows over B contexts.
template <class T>
struct BlipDecoderState {
  std::vector<CrossKeys<T>> cross;     // one a layer
  std::vector<KeyValueCache<T>> self;  // one a layer
  std::vector<int64_t> context_mask;   // [B * context tokens] or empty
  int64_t length = 0;                  // tokens so far
};

/// Projects the context once for all that is to be written over it.
template <class T>
BlipDecoderState<T> begin_decoding(const Blip<T>& model, const BlipContext<T>& context);
/// Feeds the next `length` tokens of every row ([rows * length] ids) and gives their states [N,length,D]. Throws
/// InputError for more tokens than positions.
template <class T>
T decode_states(const Blip<T>& model, const TokenIds& tokens, BlipDecoderState<T>& state);
/// States [..,D] to the scores [..,V] of the token that follows each.
template <class T>
T score_tokens(const Blip<T>& model, const T& states);
/// Both, for the last token of every row: [N,V].
template <class T>
T decode_next(const Blip<T>& model, const TokenIds& tokens, BlipDecoderState<T>& state);
/// Row i becomes the former row rows[i]; `sources` (where the number of contexts changes) likewise for the contexts.
template <class T>
void select_rows(BlipDecoderState<T>& state, const std::vector<int64_t>& rows, const std::vector<int64_t>* sources);

/// Reads a Hugging Face folder. Throws InputError for a missing tensor, a shape or element type that disagrees with the
/// configuration (naming both), and tensors that the configuration has no place for.
template <class T>
Blip<T> load_blip(const fs::path& folder);
/// As `kind`, from a folder of any kind that has its parts (a pre-trained model has all of them; a captioner has no
/// matching head). Parts that the folder lacks keep fresh values from `seed`, and their names are appended to `fresh`.
template <class T>
Blip<T> load_blip_as(const fs::path& folder, BlipKind kind, uint64_t seed, std::vector<std::string>& fresh);
/// Fresh weights: normal 0.02, as BERT and the paper's code begin (its vision transformer: truncated normal 0.02);
/// every weight depends only on (seed, its name).
template <class T>
Blip<T> make_blip(const BlipConfig& config, uint64_t seed);
/// Writes config.json, generation_config.json where the model writes texts, and model.safetensors, float32.
template <class T>
void save_blip(const Blip<T>& model, const fs::path& folder);
/// Lets the tensor type pack what it can; call it after weights were changed. A load has done it.
template <class T>
void prepare_weights(Blip<T>& model);

}  // namespace sensorium
