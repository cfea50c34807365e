#pragma once
// Definitions of blip.h's functions for any tensor type whose op sets ("ops.h" and "decode.h") were included before.

#include "sensorium/models/blip/blip.h"
#include "sensorium/models/blip/positions.h"
#include "sensorium/models/checks.h"

namespace sensorium {

/// The positions for pixels [B,C,H,W]: the table itself, or interpolated for another size.
template <class T>
T positions_for(const BlipVision<T>& m, int64_t height, int64_t width) {
  const BlipVisionConfig& c = m.config;
  if (height == c.image_size && width == c.image_size) return m.position_embeddings;
  const int64_t rows = height / c.patch_size, columns = width / c.patch_size;
  const std::vector<float> table = interpolate_positions(TensorTraits<T>::to_float(m.position_embeddings),
                                                         c.image_size / c.patch_size, c.hidden_size, rows, columns);
  return TensorTraits<T>::from_float(table.data(), {1 + rows * columns, c.hidden_size});
}

template <class T>
T encode_pixels(const BlipVision<T>& m, const T& pixels, const Capture<T>& capture) {
  if (!m.resnet.stages.empty()) return layer_norm(grid_pixels(m.resnet, pixels), m.post_norm);
  const std::vector<int64_t> shape = TensorTraits<T>::shape(pixels);
  const int64_t patch = m.config.patch_size;
  check_pixels(shape, 3, 0);
  if (shape[2] < patch || shape[3] < patch || shape[2] % patch != 0 || shape[3] % patch != 0)
    throw InputError("encode image", "expected a height and a width that patches of {} fill, got {} x {}", patch,
                     shape[2], shape[3]);
  const T patches = prepend_token(patch_embed(pixels, m.patch_embedding), m.cls_token);  // [B, 1 + patches, D]
  Capture<T> renamed;
  if (capture)
    renamed = [&](const std::string& name, const T& value) {  // "hidden_state.0" in transformer.h
      capture("hidden_states" + name.substr(name.find('.')), value);
    };
  const T x =
      run_pre_norm(add_rows(patches, positions_for(m, shape[2], shape[3])), m.encoder, AttentionMask{}, renamed);
  const T states = layer_norm(x, m.post_norm);
  if (capture) {
    capture("last_hidden_state", states);
    capture("pooler_output", pooled_pixels(m, states));
  }
  return states;
}

/// The class token's state, normalised once more as transformers does: [B,D].
template <class T>
T pooled_pixels(const BlipVision<T>& m, const T& states) {
  const std::vector<int64_t> first(static_cast<size_t>(size_of(states, 0)), 0);
  return layer_norm(select_tokens(states, first), m.post_norm);
}

/// Words at positions from `first_position` on, normalised: [B,T,D].
template <class T>
T embed_words(const BlipText<T>& m, const TokenIds& tokens, int64_t first_position) {
  const T words = add_rows(embed_tokens(tokens, m.word_embeddings), m.position_embeddings, first_position);
  return dropout(layer_norm(words, m.embedding_norm), m.dropout);
}

/// One layer, given what its two attentions are (cross: empty where the text stands alone).
template <class T, class Self, class Cross>
T run_text_layer(const BlipText<T>& m, const BlipTextLayer<T>& l, const T& x, const Self& self, const Cross& cross,
                 bool crosses) {
  T a = add_layer_norm(dropout(linear(self(x), l.self.output), m.dropout), x, l.self_norm);
  if (crosses) a = add_layer_norm(dropout(linear(cross(a), l.cross.output), m.dropout), a, l.cross_norm);
  return add_layer_norm(dropout(linear(linear(a, l.fc1, m.act), l.fc2), m.dropout), a, l.output_norm);
}

template <class T>
T encode_tokens(const BlipText<T>& m, const TokenBatch& tokens, const BlipContext<T>* context, bool causal) {
  check_tokens(tokens, m.config.max_position_embeddings, m.config.vocab_size);
  const AttentionMask self{causal, tokens.attention_mask};
  const AttentionMask cross{false, context ? context->mask : std::vector<int64_t>{}};
  T x = embed_words(m, {tokens.batch, tokens.length, tokens.input_ids}, 0);
  for (const BlipTextLayer<T>& l : m.layers)
    x = run_text_layer(
        m, l, x, [&](const T& q) { return self_attention(q, l.self, self); },
        [&](const T& q) { return cross_attention(q, context->states, l.cross, cross); }, context != nullptr);
  return x;
}

/// States to scores of every token.
template <class T>
T score_tokens(const Blip<T>& m, const T& states) {
  const BlipLanguageHead<T>& h = m.language_head;
  return linear(layer_norm(linear(states, h.transform, m.text_decoder.act), h.norm), h.decoder);
}

template <class T>
T language_logits(const Blip<T>& m, const TokenBatch& tokens, const BlipContext<T>& context) {
  return score_tokens(m, encode_tokens(m.text_decoder, tokens, &context, true));
}

template <class T>
T first_states(const T& states) {
  return select_tokens(states, std::vector<int64_t>(static_cast<size_t>(size_of(states, 0)), 0));
}

template <class T>
T match_logits(const Blip<T>& m, const TokenBatch& tokens, const T& image_states) {
  const BlipContext<T> context{image_states, {}};
  return linear(first_states(encode_tokens(m.text_encoder, tokens, &context, false)), m.itm_head);
}

template <class T>
std::vector<CrossKeys<T>> project_states(const BlipText<T>& m, const T& states) {
  std::vector<CrossKeys<T>> cross;
  for (const BlipTextLayer<T>& l : m.layers) cross.push_back(project_cross(states, l.cross));
  return cross;
}

template <class T>
T encode_tokens_over(const BlipText<T>& m, const TokenBatch& tokens, const std::vector<CrossKeys<T>>& context,
                     bool causal) {
  check_tokens(tokens, m.config.max_position_embeddings, m.config.vocab_size);
  const AttentionMask mask{causal, tokens.attention_mask};
  T x = embed_words(m, {tokens.batch, tokens.length, tokens.input_ids}, 0);
  for (size_t i = 0; i < m.layers.size(); ++i)
    x = run_text_layer(
        m, m.layers[i], x, [&](const T& q) { return self_attention(q, m.layers[i].self, mask); },
        [&](const T& q) { return attend_cross(q, context[i], m.layers[i].cross, {}); }, true);
  return x;
}

template <class T>
T match_logits_over(const Blip<T>& model, const TokenBatch& tokens, const std::vector<CrossKeys<T>>& pictures) {
  return linear(first_states(encode_tokens_over(model.text_encoder, tokens, pictures, false)), model.itm_head);
}

/// Where F.normalize puts a floor under the norm; it never acts on real embeddings.
inline constexpr float kContrastFloor = 1e-12f;

/// What stands for the whole picture: the class token's state; of a ResNet, which has none, the mean.
template <class T>
T whole_picture(const Blip<T>& m, const T& image_states) {
  if (m.config.resnet) return mean_tokens(image_states, {});
  return m.config.kind == BlipKind::contrastive ? pooled_pixels(m.vision, image_states) : first_states(image_states);
}

template <class T>
T contrast_image(const Blip<T>& m, const T& image_states) {
  const T pooled = whole_picture(m, image_states);
  return l2_normalize(linear(pooled, m.vision_proj), kContrastFloor);
}

template <class T>
T contrast_text(const Blip<T>& m, const TokenBatch& tokens) {
  const BlipContext<T>* alone = nullptr;
  T pooled = first_states(encode_tokens(m.text_encoder, tokens, alone, false));
  if (m.config.kind == BlipKind::contrastive) pooled = linear(pooled, m.text_pooler, Activation::tanh);
  return l2_normalize(linear(pooled, m.text_proj), kContrastFloor);
}

template <class T>
BlipDecoderState<T> begin_decoding(const Blip<T>& m, const BlipContext<T>& context) {
  BlipDecoderState<T> state;
  state.context_mask = context.mask;
  state.cross = project_states(m.text_decoder, context.states);
  state.self.resize(m.text_decoder.layers.size());
  return state;
}

template <class T>
T decode_states(const Blip<T>& m, const TokenIds& tokens, BlipDecoderState<T>& state) {
  const BlipText<T>& text = m.text_decoder;
  if (tokens.length < 1 || state.length + tokens.length > text.config.max_position_embeddings)
    throw InputError("generate", "expected at most {} tokens a text, got {}", text.config.max_position_embeddings,
                     state.length + tokens.length);
  T x = embed_words(text, tokens, state.length);
  for (size_t i = 0; i < text.layers.size(); ++i)
    x = run_text_layer(
        text, text.layers[i], x, [&](const T& q) { return attend_cached(q, text.layers[i].self, state.self[i]); },
        [&](const T& q) { return attend_cross(q, state.cross[i], text.layers[i].cross, state.context_mask); }, true);
  state.length += tokens.length;
  return x;
}

template <class T>
T decode_next(const Blip<T>& m, const TokenIds& tokens, BlipDecoderState<T>& state) {
  const T x = decode_states(m, tokens, state);
  const std::vector<int64_t> last(static_cast<size_t>(tokens.batch), tokens.length - 1);
  return score_tokens(m, select_tokens(x, last));
}

template <class T>
void select_rows(BlipDecoderState<T>& state, const std::vector<int64_t>& rows, const std::vector<int64_t>* sources) {
  for (KeyValueCache<T>& cache : state.self) select_rows(cache, rows);
  if (sources == nullptr) return;
  const int64_t before = state.cross.empty() ? 0 : state.cross.front().sources;
  for (CrossKeys<T>& cross : state.cross) cross = select_sources(cross, *sources);
  if (state.context_mask.empty()) return;
  const int64_t tokens = static_cast<int64_t>(state.context_mask.size()) / before;
  std::vector<int64_t> mask;
  for (const int64_t s : *sources)
    mask.insert(mask.end(), state.context_mask.begin() + s * tokens, state.context_mask.begin() + (s + 1) * tokens);
  state.context_mask = std::move(mask);
}

}  // namespace sensorium
