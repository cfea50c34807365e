#pragma once
// The kinds of reference cases of BLIP, for any tensor type whose op sets were included before.

#include "sensorium/io/image_processor.h"
#include "sensorium/models/blip/blip_writer.h"
#include "sensorium/models/reference_blip.h"
#include "sensorium/models/reference_case_impl.h"

namespace sensorium {

template <class T>
Capture<T> offered_under(CaseReport& report, const std::string& prefix) {
  return [&report, prefix](const std::string& what, const T& value) { offer(report, prefix + what, value); };
}

/// Texts written over a context by each of the settings in case.json, as PREFIX.SETTING.ids and what goes with them.
template <class T>
void offer_written(const Blip<T>& m, const ReferenceCase& c, const BlipContext<T>& context,
                   const std::vector<std::vector<int64_t>>& prompts, const std::string& prefix, CaseReport& report) {
  for (const auto& [name, options] : generation_settings(c)) {
    BlipWriter<T> writer(m, context);
    offer_generated(c, prefix + name, writer, prompts, with_end(options, m.config.text), m.config.text.pad_token_id,
                    report);
  }
}

template <class T>
void run_blip_caption(const ReferenceCase& c, CaseReport& report) {
  const Blip<T> m = load_blip<T>(c.folder());
  const T states = encode_pixels(m.vision, input_pixels<T>(c, "pixel_values"), offered_under<T>(report, "vision."));
  encode_pixels(m.vision, input_pixels<T>(c, "pixel_values_larger"), offered_under<T>(report, "vision_larger."));
  const BlipContext<T> context{states, {}};
  const TokenBatch texts = named_tokens(c, "forward_input_ids", "forward_attention_mask");
  const T logits = language_logits(m, texts, context);
  offer(report, "forward.logits", logits);
  const LanguageLosses losses =
      language_losses(TensorTraits<T>::to_float(logits), m.config.text.vocab_size, c.integers("forward_labels"),
                      texts.batch, m.config.text.label_smoothing);
  report.offer("forward.loss", std::span(&losses.mean, 1));
  report.offer("forward.loss_none_reduction", losses.row_sums);
  const LanguageLosses plain = language_losses(TensorTraits<T>::to_float(logits), m.config.text.vocab_size,
                                               c.integers("forward_labels"), texts.batch, 0);
  report.offer("forward_no_smoothing.loss", std::span(&plain.mean, 1));
  const auto pictures = static_cast<size_t>(size_of(states, 0));
  offer_written(m, c, context, std::vector(pictures, begin_text(m.config.text, {})), "unconditional.", report);
  offer_written(m, c, context, prompts_of(c, "prompt_ids", m.config.text), "conditional.", report);
  offer_processed(c, report);
}

template <class T>
void run_blip_retrieval(const ReferenceCase& c, CaseReport& report) {
  const Blip<T> m = load_blip<T>(c.folder());
  const T states = encode_pixels(m.vision, input_pixels<T>(c, "pixel_values"));
  offer(report, "image_embeds", states);
  const TokenBatch texts = c.tokens();
  const BlipContext<T> context{states, {}};
  offer(report, "itm.text_states", encode_tokens(m.text_encoder, texts, &context, false));
  offer(report, "itm.logits", match_logits(m, texts, states));
  offer(report, "itm.logits_no_mask", match_logits(m, c.tokens(false), states));
  const BlipContext<T>* alone = nullptr;
  offer(report, "itc.text_states", encode_tokens(m.text_encoder, texts, alone, false));
  const T images = contrast_image(m, states), captions = contrast_text(m, texts);
  offer(report, "itc.image_features", images);
  offer(report, "itc.text_features", captions);
  offer(report, "itc.scores",
        similarity(images, captions, TensorTraits<T>::from_float(std::array{0.f}.data(), {1}), T{}));
}

/// Note: transformers 5 hands the question's mask to the decoder but loses it on the way (BlipTextAttention does not
/// pass encoder_attention_mask on), so that padded question states are seen in its training forward and its ranking, as
/// they are in its generate(). The reference outputs show it; callers here do not pad questions, or mask them.
template <class T>
void run_blip_vqa(const ReferenceCase& c, CaseReport& report) {
  const Blip<T> m = load_blip<T>(c.folder());
  const BlipTextConfig& text = m.config.text;
  const T images = encode_pixels(m.vision, input_pixels<T>(c, "pixel_values"));
  const TokenBatch questions = named_tokens(c, "question_ids", "question_mask");
  const T states = encode_questions(m, questions, images);
  offer(report, "image_embeds", images);
  offer(report, "question_states", states);
  const auto sources = static_cast<size_t>(questions.batch);
  const BlipContext<T> context{states, {}};
  offer_written(m, c, context, std::vector(sources, begin_text(text, {})), "", report);
  const TokenBatch taught = named_tokens(c, "train_answer_ids", "train_answer_mask");
  const LanguageLosses losses =
      language_losses(TensorTraits<T>::to_float(language_logits(m, taught, context)), text.vocab_size,
                      labels_of(taught, text.pad_token_id), taught.batch, text.label_smoothing);
  report.offer("forward.loss", std::span(&losses.mean, 1));
  BlipDecoderState<T> state = begin_decoding(m, context);
  const std::vector<int64_t> begin(sources, text.bos_token_id);
  offer(report, "rank.first_step_logits", decode_next(m, {questions.batch, 1, begin}, state));
  const TokenBatch answers = named_tokens(c, "answer_ids", "answer_mask");
  offer_ranked(c, rank_answers(m, context, answers, ranked_candidates(c)),
               rank_answers(m, context, answers, answers.batch), report);
}

/// What a training step computes forward: its logits and loss.
template <class T>
void run_blip_train_lm(const ReferenceCase& c, CaseReport& report) {
  const Blip<T> m = load_blip<T>(c.folder());
  const TokenBatch texts = c.tokens();
  const BlipContext<T> context{encode_pixels(m.vision, input_pixels<T>(c, "pixel_values")), {}};
  const T logits = language_logits(m, texts, context);
  offer(report, "logits", logits);
  const LanguageLosses losses = language_losses(TensorTraits<T>::to_float(logits), m.config.text.vocab_size,
                                                c.integers("labels"), texts.batch, m.config.text.label_smoothing);
  report.offer("loss", std::span(&losses.mean, 1));
}

template <class T>
void run_blip_train_itm(const ReferenceCase& c, CaseReport& report) {
  const Blip<T> m = load_blip<T>(c.folder());
  const MatchRows rows = match_rows(c.integers("negative_image_for_text"), c.integers("negative_text_for_image"));
  const T states = encode_pixels(m.vision, input_pixels<T>(c, "pixel_values"));
  const T logits = match_logits(m, token_rows(c.tokens(), rows.texts), gather_rows(states, rows.images));
  offer(report, "logits", logits);
  const double loss = match_loss(TensorTraits<T>::to_float(logits), rows.labels);
  report.offer("loss", std::span(&loss, 1));
  offer_integers(c, "labels", rows.labels, report);
}

template <class T>
std::vector<CaseKind> blip_case_kinds() {
  const auto blip = [](const ReferenceCase& c) { return model_type_of(c) == "blip"; };
  const auto with = [blip](const char* input) {
    return [blip, input](const ReferenceCase& c) { return blip(c) && c.has_input(input); };
  };
  return {{"captioner", with("forward_input_ids"), run_blip_caption<T>},
          {"matching", [blip](const ReferenceCase& c) { return blip(c) && c.has_outputs_under("itm."); },
           run_blip_retrieval<T>},
          {"question answering", with("question_ids"), run_blip_vqa<T>},
          {"captioner's step", with("labels"), run_blip_train_lm<T>},
          {"matching step", with("negative_image_for_text"), run_blip_train_itm<T>}};
}

}  // namespace sensorium
