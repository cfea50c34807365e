#include "sensorium/models/reference_blip.h"

#include "sensorium/base/json.h"
#include "sensorium/io/image_processor.h"
#include "sensorium/models/reference_expected.h"
#include "sensorium/models/reference_losses.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sensorium {
namespace {

/// The two largest values' difference, and the largest finite magnitude, which its rounding is measured by.
struct Gap {
  double gap, magnitude;
};

Gap gap_of(std::span<const float> scores) {
  constexpr float kNone = -std::numeric_limits<float>::infinity();
  float best = kNone, second = kNone;
  double magnitude = 0;
  for (const float s : scores) {
    second = std::max(second, std::min(s, best));
    best = std::max(best, s);
    if (std::isfinite(s)) magnitude = std::max(magnitude, static_cast<double>(std::abs(s)));
  }
  return {static_cast<double>(best) - static_cast<double>(second), magnitude};
}

std::vector<int64_t> filled(const std::vector<GeneratedText>& texts, int64_t fill) {
  size_t longest = 0;
  for (const GeneratedText& t : texts) longest = std::max(longest, t.ids.size());
  std::vector<int64_t> ids;
  for (const GeneratedText& t : texts) {
    ids.insert(ids.end(), t.ids.begin(), t.ids.end());
    ids.insert(ids.end(), longest - t.ids.size(), fill);
  }
  return ids;
}

GenerationOptions options_of(const Json& json, const std::string& source) {
  GenerationOptions o;
  o.max_new_tokens = json_get_or(json, "max_new_tokens", o.max_new_tokens, source);
  o.min_new_tokens = json_get_or(json, "min_new_tokens", o.min_new_tokens, source);
  o.num_beams = json_get_or(json, "num_beams", o.num_beams, source);
  o.num_return_sequences = json_get_or(json, "num_return_sequences", o.num_return_sequences, source);
  o.length_penalty = json_get_or(json, "length_penalty", o.length_penalty, source);
  o.repetition_penalty = json_get_or(json, "repetition_penalty", o.repetition_penalty, source);
  o.no_repeat_ngram_size = json_get_or(json, "no_repeat_ngram_size", o.no_repeat_ngram_size, source);
  const Json early = json.value("early_stopping", Json(false));
  o.early_stopping = early == true ? EarlyStopping::yes : early == "never" ? EarlyStopping::never : EarlyStopping::no;
  return o;
}

}  // namespace

TokenBatch named_tokens(const ReferenceCase& c, const std::string& ids, const std::string& mask) {
  const std::vector<int64_t>& dims = c.shape(ids);
  if (dims.size() != 2) throw InputError("verify", "expected \"{}\" of 2 dimensions, got {}", ids, dims.size());
  return {dims[0], dims[1], c.integers(ids), c.integers(mask), {}};
}

TokenBatch token_rows(const TokenBatch& batch, const std::vector<int64_t>& rows) {
  TokenBatch chosen{static_cast<int64_t>(rows.size()), batch.length, {}, {}, {}};
  for (const int64_t r : rows) {
    const auto append = [&](const std::vector<int64_t>& from, std::vector<int64_t>& to) {
      if (!from.empty()) to.insert(to.end(), from.begin() + r * batch.length, from.begin() + (r + 1) * batch.length);
    };
    append(batch.input_ids, chosen.input_ids);
    append(batch.attention_mask, chosen.attention_mask);
  }
  return chosen;
}

std::vector<std::vector<int64_t>> prompts_of(const ReferenceCase& c, const std::string& ids,
                                             const BlipTextConfig& config) {
  const std::vector<int64_t> values = c.integers(ids);
  const auto rows = static_cast<size_t>(c.shape(ids).at(0)), length = values.size() / rows;
  std::vector<std::vector<int64_t>> prompts;
  for (size_t r = 0; r < rows; ++r)
    prompts.push_back(begin_text(config, std::span(values).subspan(r * length, length)));
  return prompts;
}

std::vector<int64_t> labels_of(const TokenBatch& texts, int64_t pad_id) {
  std::vector<int64_t> labels = texts.input_ids;
  std::replace(labels.begin(), labels.end(), pad_id, int64_t{-100});
  return labels;
}

void offer_integers(const ReferenceCase& c, const std::string& name, const std::vector<int64_t>& values,
                    CaseReport& report) {
  const auto found = c.outputs().find(name);
  if (found == c.outputs().end()) return;
  const std::vector<int64_t> expected = ExpectedCase::tensor_integers(found->second);
  double differ = expected.size() == values.size() ? 0 : static_cast<double>(expected.size());
  for (size_t i = 0; i < std::min(values.size(), expected.size()); ++i) differ += values[i] != expected[i];
  report.record(name, differ, 0.5);  // a whole number
}

std::vector<std::pair<std::string, GenerationOptions>> generation_settings(const ReferenceCase& c) {
  const std::string source = (c.folder() / "case.json").string();
  const Json json = read_json(source);
  std::vector<std::pair<std::string, GenerationOptions>> settings;
  if (const auto it = json.find("generate"); it != json.end())
    for (const auto& [name, options] : it->items()) settings.emplace_back(name, options_of(options, source));
  return settings;
}

void offer_generated(const ReferenceCase& c, const std::string& name, TokenDecoder& decoder,
                     const std::vector<std::vector<int64_t>>& prompts, const GenerationOptions& options, int64_t pad_id,
                     CaseReport& report) {
  std::vector<std::vector<double>> gaps(prompts.size());
  double magnitude = 0;
  GenerationHooks hooks;
  hooks.on_scores = [&](size_t source, std::span<const float> scores) {
    const Gap g = gap_of(scores);
    gaps[source].push_back(g.gap);
    magnitude = std::max(magnitude, g.magnitude);
  };
  const std::vector<GeneratedText> texts = generate(decoder, prompts, options, hooks);
  const bool beams = options.num_beams > 1;
  offer_integers(c, name + ".ids", filled(texts, beams && pad_id == 0 ? options.end_token_id : pad_id), report);
  std::vector<double> scores, all_gaps;
  for (const GeneratedText& t : texts) scores.push_back(t.score);
  if (beams) return report.offer(name + ".sequences_scores", scores);
  size_t steps = 0;
  for (const auto& g : gaps) steps = std::max(steps, g.size());
  for (auto& g : gaps) {
    g.resize(steps, 0.0);
    all_gaps.insert(all_gaps.end(), g.begin(), g.end());
  }
  report.offer(name + ".top2_gaps", all_gaps, 1, magnitude);
}

void offer_processed(const ReferenceCase& c, CaseReport& report) {
  if (!c.has_input("raw_image_hwc")) return;
  const std::vector<int64_t>& shape = c.shape("raw_image_hwc");
  const std::vector<float> values = c.floats("raw_image_hwc");
  Image image(static_cast<int>(shape.at(1)), static_cast<int>(shape.at(0)), static_cast<int>(shape.at(2)));
  std::transform(values.begin(), values.end(), image.pixels.begin(), [](float v) { return static_cast<uint8_t>(v); });
  const ImageProcessor processor = ImageProcessor::load(c.folder());
  report.offer("processor.pixel_values", processor.process(image).to_float());
}

int64_t ranked_candidates(const ReferenceCase& c) {
  const auto found = c.outputs().find("rank.topk_ids");
  return found == c.outputs().end() ? 1 : found->second.shape.back();
}

void offer_ranked(const ReferenceCase& c, const std::vector<std::vector<RankedAnswer>>& best,
                  const std::vector<std::vector<RankedAnswer>>& all, CaseReport& report) {
  std::vector<int64_t> winners, shortlist;
  std::vector<double> sums, every_first, every_sum;
  for (size_t q = 0; q < best.size(); ++q) {
    winners.push_back(static_cast<int64_t>(best[q].front().answer));
    std::vector<RankedAnswer> list = best[q], whole = all[q];
    std::stable_sort(list.begin(), list.end(),
                     [](const auto& a, const auto& b) { return a.first_probability > b.first_probability; });
    for (const RankedAnswer& a : list) {
      shortlist.push_back(static_cast<int64_t>(a.answer));
      sums.push_back(a.log_probability);
    }
    std::sort(whole.begin(), whole.end(), [](const auto& a, const auto& b) { return a.answer < b.answer; });
    for (const RankedAnswer& a : whole) {
      every_first.push_back(a.first_probability);
      every_sum.push_back(a.log_probability);
    }
  }
  offer_integers(c, "rank.best", winners, report);
  offer_integers(c, "rank.topk_ids", shortlist, report);
  report.offer("rank.log_prob_sums", sums);
  report.offer("rank.first_token_probs", every_first);
  report.offer("rank.full_log_prob_sums", every_sum);
}

LanguageLosses language_losses(const std::vector<float>& logits, int64_t vocabulary, const std::vector<int64_t>& labels,
                               int64_t batch, double smoothing) {
  const int64_t length = static_cast<int64_t>(labels.size()) / batch;
  LanguageLosses losses{0, std::vector<double>(static_cast<size_t>(batch), 0.0)};
  double count = 0;
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t t = 0; t + 1 < length; ++t) {
      const int64_t label = labels[static_cast<size_t>(b * length + t + 1)];
      if (label == -100) continue;
      const std::span<const float> row(logits.data() + (b * length + t) * vocabulary, static_cast<size_t>(vocabulary));
      const double loss = cross_entropy_of(row, label, smoothing);
      losses.row_sums[static_cast<size_t>(b)] += loss;
      losses.mean += loss;
      ++count;
    }
  losses.mean /= count;
  return losses;
}

MatchRows match_rows(const std::vector<int64_t>& image_for_text, const std::vector<int64_t>& text_for_image) {
  MatchRows rows;
  const auto n = static_cast<int64_t>(image_for_text.size());
  const auto add = [&](int64_t image, int64_t text, int64_t label) {
    rows.images.push_back(image);
    rows.texts.push_back(text);
    rows.labels.push_back(label);
  };
  for (int64_t i = 0; i < n; ++i) add(i, i, 1);
  for (int64_t i = 0; i < n; ++i) add(image_for_text[static_cast<size_t>(i)], i, 0);
  for (int64_t i = 0; i < n; ++i) add(i, text_for_image[static_cast<size_t>(i)], 0);
  return rows;
}

double match_loss(const std::vector<float>& logits, const std::vector<int64_t>& labels) {
  double sum = 0;
  for (size_t i = 0; i < labels.size(); ++i) sum += cross_entropy_of({logits.data() + 2 * i, 2}, labels[i]);
  return sum / static_cast<double>(labels.size());
}

}  // namespace sensorium
