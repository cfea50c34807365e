#pragma once
// Definitions of model_case_kinds for any tensor type whose op set was included before.

#include "sensorium/models/bert/sentence_encoder.h"
#include "sensorium/models/image_classifier.h"
#include "sensorium/models/lora.h"
#include "sensorium/models/reference_case.h"
#include "sensorium/models/reference_losses.h"

namespace sensorium {

inline std::string model_type_of(const ReferenceCase& c) {
  const fs::path path = c.folder() / "config.json";
  return fs::exists(path) ? read_json(path).value("model_type", "") : "";
}

inline bool is_classifier_case(const ReferenceCase& c) {
  const std::string type = model_type_of(c);
  return type == "vit" || type == "resnet";
}

inline bool is_dual_case(const ReferenceCase& c) {
  const std::string type = model_type_of(c);
  return fs::exists(c.folder() / "open_clip_config.json") || type == "clip" || type == "siglip" ||
         type == "chinese_clip" || type == "vision-text-dual-encoder";
}

template <class T>
void offer(CaseReport& report, const std::string& name, const T& value) {
  report.offer(name, TensorTraits<T>::to_float(value));
}

template <class T>
T input_pixels(const ReferenceCase& c, const std::string& name) {
  return TensorTraits<T>::from_float(c.floats(name).data(), c.shape(name));
}

/// [n, m] -> [m, n].
inline std::vector<float> transposed_rows(const std::vector<float>& in, int64_t n, int64_t m) {
  std::vector<float> out(in.size());
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < m; ++j) out[static_cast<size_t>(j * n + i)] = in[static_cast<size_t>(i * m + j)];
  return out;
}

/// Every value a two-tower model has under its reference name, after `prefix`.
template <class T>
void offer_dual(const DualEncoder<T>& m, const ReferenceCase& c, bool masked, const std::string& prefix,
                CaseReport& report) {
  const T pixels = input_pixels<T>(c, "pixel_values");
  const TokenBatch tokens = c.tokens(masked);
  const auto named = [&](const std::string& tower) -> Capture<T> {
    return [&report, name = prefix + tower](const std::string& what, const T& value) {
      offer(report, name + what, value);
    };
  };
  const T image_features = project_image(m, pool_image(m, pixels, named("vision_")));
  const T text_features = project_text(m, pool_text(m, tokens, named("text_")));
  offer(report, prefix + "image_features", image_features);
  offer(report, prefix + "text_features", text_features);
  if (m.config.family == DualFamily::siglip) offer(report, prefix + "text_pooler_output", text_features);
  const T images = encode_image(m, pixels), texts = encode_text(m, tokens);  // as callers do: cut, without captures
  offer(report, prefix + "image_embeds", images);
  offer(report, prefix + "text_embeds", texts);
  const std::vector<float> logits = TensorTraits<T>::to_float(logits_per_image(m, images, texts));
  const int64_t n = size_of(images, 0), k = size_of(texts, 0);
  report.offer(prefix + "logits_per_image", logits);
  report.offer(prefix + "logits_per_text", transposed_rows(logits, n, k));
  if (n != k) return;
  const bool siglip = m.config.family == DualFamily::siglip;
  const double loss = siglip ? sigmoid_loss_of_logits(logits, n) : info_nce_of_logits(logits, n);
  report.offer(prefix + "loss", std::span(&loss, 1));
}

template <class T>
void run_dual_case(const ReferenceCase& c, CaseReport& report) {
  DualEncoder<T> m = load_dual_encoder<T>(c.folder());
  const bool adapter = fs::exists(c.folder() / "adapter");
  if (adapter) {
    offer_dual(m, c, true, "base.", report);
    const LoraConfig lora = load_adapter(m, c.folder() / "adapter");
    offer_dual(m, c, true, "lora.", report);
    merge_adapters(m, lora);
    offer_dual(m, c, true, "merged.", report);
    visit_lora_layers(
        m, lora, [&](const std::string& module, Linear<T>& l) { offer(report, "merged_weight." + module, l.weight); });
    return;
  }
  const bool siglip = m.config.family == DualFamily::siglip;  // trained without a mask
  offer_dual(m, c, !siglip, "", report);
  if (siglip) offer_dual(m, c, true, "masked.", report);
  if (c.has_outputs_under("fp32.")) offer_dual(m, c, true, "fp32.", report);
}

template <class T>
void run_sentence_case(const ReferenceCase& c, CaseReport& report) {
  const SentenceEncoder<T> m = load_sentence_encoder<T>(c.folder());
  const auto run = [&](const TokenBatch& tokens, const std::string& prefix) {
    const Capture<T> capture = [&](const std::string& what, const T& value) {
      offer(report, prefix + what, value);
      if (what != "last_hidden_state") return;
      offer(report, prefix + "mean_pooled", pool_states(m, value, tokens));
      if (m.config.bert.has_pooler) offer(report, prefix + "pooler_output", pooler_output(m.bert, value));
    };
    offer(report, prefix + "sentence_embedding", encode_sentences(m, tokens, capture));
  };
  TokenBatch tokens = c.tokens();
  run(tokens, "");
  if (!c.has_input("pair_token_type_ids")) return;
  tokens.token_type_ids = c.integers("pair_token_type_ids");
  run(tokens, "pair.");
}

template <class T>
void run_classifier_case(const ReferenceCase& c, CaseReport& report) {
  const ImageClassifier<T> m = load_image_classifier<T>(c.folder());
  const auto run = [&](const std::string& input, const std::string& prefix) {
    const Capture<T> capture = [&](const std::string& what, const T& v) { offer(report, prefix + what, v); };
    offer(report, prefix + "logits", classify_pixels(m, input_pixels<T>(c, input), capture));
  };
  run("pixel_values", "");
  if (c.has_input("pixel_values_odd")) run("pixel_values_odd", "odd.");
}

template <class T>
std::vector<CaseKind> model_case_kinds() {
  return {{"two towers", is_dual_case, run_dual_case<T>},
          {"sentence encoder", [](const ReferenceCase& c) { return model_type_of(c) == "bert"; }, run_sentence_case<T>},
          {"picture classifier", is_classifier_case, run_classifier_case<T>}};
}

}  // namespace sensorium
