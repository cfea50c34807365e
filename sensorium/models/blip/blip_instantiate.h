#pragma once
// What the sources that compile BLIP for one tensor type instantiate.

#define SENSORIUM_INSTANTIATE_BLIP(T)                                                                           \
  template T encode_pixels(const BlipVision<T>&, const T&, const Capture<T>&);                                  \
  template T encode_tokens(const BlipText<T>&, const TokenBatch&, const BlipContext<T>*, bool);                 \
  template T language_logits(const Blip<T>&, const TokenBatch&, const BlipContext<T>&);                         \
  template T match_logits(const Blip<T>&, const TokenBatch&, const T&);                                         \
  template std::vector<CrossKeys<T>> project_states(const BlipText<T>&, const T&);                              \
  template T encode_tokens_over(const BlipText<T>&, const TokenBatch&, const std::vector<CrossKeys<T>>&, bool); \
  template T match_logits_over(const Blip<T>&, const TokenBatch&, const std::vector<CrossKeys<T>>&);            \
  template T contrast_image(const Blip<T>&, const T&);                                                          \
  template T contrast_text(const Blip<T>&, const TokenBatch&);                                                  \
  template BlipDecoderState<T> begin_decoding(const Blip<T>&, const BlipContext<T>&);                           \
  template T decode_states(const Blip<T>&, const TokenIds&, BlipDecoderState<T>&);                              \
  template T score_tokens(const Blip<T>&, const T&);                                                            \
  template T decode_next(const Blip<T>&, const TokenIds&, BlipDecoderState<T>&);                                \
  template std::vector<std::vector<RankedAnswer>> rank_answers(const Blip<T>&, const BlipContext<T>&,           \
                                                               const TokenBatch&, int64_t);                     \
  template void select_rows(BlipDecoderState<T>&, const std::vector<int64_t>&, const std::vector<int64_t>*);    \
  template void describe(Blip<T>&, WeightVisitor<T>&);                                                          \
  template Blip<T> load_blip(const fs::path&);                                                                  \
  template Blip<T> load_blip_as(const fs::path&, BlipKind, uint64_t, std::vector<std::string>&);                \
  template Blip<T> make_blip(const BlipConfig&, uint64_t);                                                      \
  template void save_blip(const Blip<T>&, const fs::path&);                                                     \
  template void prepare_weights(Blip<T>&);
