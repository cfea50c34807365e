#pragma once
// What the sources that compile a family for one tensor type instantiate, once for both of them. Include the op set
// first, then the family's "..._impl.h".

// A tower: its functions beside make_NAME.
#define SENSORIUM_INSTANTIATE_VISION(Tower, T)                                      \
  template void describe(Tower<T>&, Layout, const std::string&, WeightVisitor<T>&); \
  template T pool_pixels(const Tower<T>&, const T&, const Capture<T>&);

#define SENSORIUM_INSTANTIATE_TEXT(Tower, T)                                        \
  template void describe(Tower<T>&, Layout, const std::string&, WeightVisitor<T>&); \
  template T pool_tokens(const Tower<T>&, const TokenBatch&, const Capture<T>&);

#define SENSORIUM_INSTANTIATE_CLIP(T)                                                   \
  template ClipVision<T> make_clip_vision(const ClipVisionConfig&, const std::string&); \
  SENSORIUM_INSTANTIATE_VISION(ClipVision, T)                                           \
  template ClipText<T> make_clip_text(const ClipTextConfig&, const std::string&);       \
  SENSORIUM_INSTANTIATE_TEXT(ClipText, T)

#define SENSORIUM_INSTANTIATE_MODIFIED_RESNET(T)                                                             \
  template ModifiedResNet<T> make_modified_resnet(const ModifiedResNetConfig&, int64_t, const std::string&); \
  SENSORIUM_INSTANTIATE_VISION(ModifiedResNet, T)

#define SENSORIUM_INSTANTIATE_SIGLIP(T)                                                       \
  template SiglipVision<T> make_siglip_vision(const SiglipVisionConfig&, const std::string&); \
  SENSORIUM_INSTANTIATE_VISION(SiglipVision, T)                                               \
  template SiglipText<T> make_siglip_text(const SiglipTextConfig&, const std::string&);       \
  SENSORIUM_INSTANTIATE_TEXT(SiglipText, T)

#define SENSORIUM_INSTANTIATE_BERT(T)                                                           \
  template Bert<T> make_bert(const BertConfig&, const std::string&);                            \
  SENSORIUM_INSTANTIATE_TEXT(Bert, T)                                                           \
  template T encode_tokens(const Bert<T>&, const TokenBatch&, const Capture<T>&);               \
  template T pool_states(const SentenceEncoder<T>&, const T&, const TokenBatch&);               \
  template T encode_sentences(const SentenceEncoder<T>&, const TokenBatch&, const Capture<T>&); \
  template T pooler_output(const Bert<T>&, const T&);                                           \
  template SentenceEncoder<T> load_sentence_encoder(const fs::path&);                           \
  template SentenceEncoder<T> make_sentence_encoder(const SentenceEncoderConfig&, uint64_t);    \
  template void save_sentence_encoder(const SentenceEncoder<T>&, const fs::path&);

#define SENSORIUM_INSTANTIATE_VIT(T)                              \
  template Vit<T> make_vit(const VitConfig&, const std::string&); \
  SENSORIUM_INSTANTIATE_VISION(Vit, T)

#define SENSORIUM_INSTANTIATE_RESNET(T)                                    \
  template ResNet<T> make_resnet(const ResNetConfig&, const std::string&); \
  template T grid_pixels(const ResNet<T>&, const T&);                      \
  SENSORIUM_INSTANTIATE_VISION(ResNet, T)

#define SENSORIUM_INSTANTIATE_DUAL_ENCODER(T)                                        \
  template void describe(DualEncoder<T>&, Layout, WeightVisitor<T>&);                \
  template T pool_image(const DualEncoder<T>&, const T&, const Capture<T>&);         \
  template T pool_text(const DualEncoder<T>&, const TokenBatch&, const Capture<T>&); \
  template T project_image(const DualEncoder<T>&, const T&);                         \
  template T project_text(const DualEncoder<T>&, const T&);                          \
  template T encode_image(const DualEncoder<T>&, const T&);                          \
  template T encode_text(const DualEncoder<T>&, const TokenBatch&);                  \
  template T logits_per_image(const DualEncoder<T>&, const T&, const T&);            \
  template DualEncoder<T> load_dual_encoder(const fs::path&);                        \
  template DualEncoder<T> make_dual_encoder(const DualEncoderConfig&, uint64_t);     \
  template void save_dual_encoder(const DualEncoder<T>&, const fs::path&);           \
  template void prepare_weights(DualEncoder<T>&);

#define SENSORIUM_INSTANTIATE_LORA(Model, T)                                          \
  template void visit_lora_layers(Model<T>&, const LoraConfig&, const LoraLayer<T>&); \
  template LoraConfig load_adapter(Model<T>&, const fs::path&);                       \
  template void add_adapters(Model<T>&, const LoraConfig&, uint64_t);                 \
  template void merge_adapters(Model<T>&, const LoraConfig&);                         \
  template void save_adapter(const Model<T>&, const LoraConfig&, const std::string&, const fs::path&);

#define SENSORIUM_INSTANTIATE_IMAGE_CLASSIFIER(T)                                            \
  template void describe(ImageClassifier<T>&, WeightVisitor<T>&);                            \
  template T classify_pixels(const ImageClassifier<T>&, const T&, const Capture<T>&);        \
  template ImageClassifier<T> load_image_classifier(const fs::path&);                        \
  template ImageClassifier<T> make_image_classifier(const ImageClassifierConfig&, uint64_t); \
  template void save_image_classifier(const ImageClassifier<T>&, const fs::path&);
