// Reference cases that need no model: logits processors on stored logits, momentum-distilled contrast.

#include "sensorium/models/logits_processors.h"
#include "sensorium/models/reference_blip.h"
#include "sensorium/models/reference_losses.h"
#include "sensorium/models/reference_sounds.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

namespace sensorium {
namespace {

/// What safetensors cannot say: transformers' -infinity is stored as this.
constexpr double kStoredMinusInfinity = -1e30;

/// The numbers in "top_p_0.01_keep_3", in order.
std::vector<double> numbers_in(const std::string& name) {
  std::vector<double> numbers;
  std::istringstream words(name);
  for (std::string word; std::getline(words, word, '_');)
    if (!word.empty() && std::isdigit(static_cast<unsigned char>(word.front()))) numbers.push_back(std::stod(word));
  return numbers;
}

/// One processor by its name, as the case spells it.
void process_by_name(const std::string& name, std::span<float> scores, std::span<const int64_t> ids) {
  const std::vector<double> n = numbers_in(name);
  const auto starts = [&](const char* word) { return name.starts_with(word); };
  const double value = n.at(0);
  const auto whole = static_cast<int64_t>(value);
  const int64_t keep = n.size() > 1 ? static_cast<int64_t>(n[1]) : 1;
  if (starts("temperature_")) return apply_temperature(scores, value);
  if (starts("top_k_")) return keep_top_k(scores, whole, keep);
  if (starts("top_p_")) return keep_top_p(scores, value, keep);
  if (starts("min_p_")) return keep_min_p(scores, value, keep);
  if (starts("repetition_")) return penalise_repetition(scores, ids, value);
  if (starts("no_repeat_")) return forbid_repeated_ngrams(scores, ids, whole);
  if (!starts("min_new_tokens_") || n.size() != 3)
    throw InputError("verify", "expected a known processor, got {}", name);
  GenerationOptions options;
  options.min_new_tokens = whole;
  options.end_token_id = static_cast<int64_t>(n[2]);
  process_scores(scores, ids, static_cast<size_t>(n[1]), options);
}

/// Equal places of the forbidden, and the others by value.
void compare_scores(const ReferenceCase& c, const std::string& name, const std::vector<float>& scores,
                    CaseReport& report) {
  const std::vector<double> expected = c.expected(name);
  if (expected.size() != scores.size())
    return report.fail(fmt::format("{}: expected {} values, got {}", name, expected.size(), scores.size()));
  double difference = 0, magnitude = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    const bool forbidden = std::isinf(scores[i]);
    if (forbidden != (expected[i] <= kStoredMinusInfinity / 2))
      return report.fail(fmt::format("{}: expected {} at {}, got {}", name, expected[i], i, scores[i]));
    if (forbidden) continue;
    difference = std::max(difference, std::abs(static_cast<double>(scores[i]) - expected[i]));
    magnitude = std::max(magnitude, std::abs(expected[i]));
  }
  report.record(name, difference / magnitude, c.tolerance(SafeDType::F32));
}

void run_processors(const ReferenceCase& c, CaseReport& report) {
  const std::vector<int64_t> ids = c.integers("input_ids");
  const auto rows = static_cast<size_t>(c.shape("logits").at(0));
  const size_t length = ids.size() / rows;
  for (const auto& [name, view] : c.outputs()) {
    std::vector<float> scores = c.floats("logits");
    const size_t vocabulary = scores.size() / rows;
    std::istringstream parts(name);
    for (std::string part; std::getline(parts, part, '+');)
      for (size_t r = 0; r < rows; ++r)
        process_by_name(part, std::span(scores).subspan(r * vocabulary, vocabulary),
                        std::span(ids).subspan(r * length, length));
    compare_scores(c, name, scores, report);
  }
}

void run_momentum_contrast(const ReferenceCase& c, CaseReport& report) {
  MomentumContrastInput in;
  in.rows = c.shape("image_features").at(0);
  in.width = c.shape("image_features").at(1);
  in.queue = c.shape("image_queue").at(1);
  in.image = c.doubles("image_features"), in.text = c.doubles("text_features");
  in.image_momentum = c.doubles("image_features_m"), in.text_momentum = c.doubles("text_features_m");
  in.image_queue = c.doubles("image_queue"), in.text_queue = c.doubles("text_queue");
  in.alpha = c.doubles("alpha").at(0), in.temperature = c.doubles("temperature").at(0);
  for (const char* prefix : {"", "retrieval."}) {
    const std::string p = prefix;
    if (!p.empty()) in.ids = c.integers("ids"), in.ids_queue = c.integers("ids_queue");
    const MomentumContrast out = momentum_contrast_of(in);
    const double loss = out.loss();
    report.offer(p + "loss", std::span(&loss, 1));
    report.offer(p + "loss_i2t", std::span(&out.loss_i2t, 1));
    report.offer(p + "loss_t2i", std::span(&out.loss_t2i, 1));
    report.offer(p + "targets_i2t", out.targets_i2t);
    report.offer(p + "targets_t2i", out.targets_t2i);
    report.offer(p + "sim_i2t", out.sim_i2t);
    report.offer(p + "sim_t2i", out.sim_t2i);
  }
  const int64_t pointer = c.integers("queue_pointer").at(0);
  report.offer("image_queue_after", queue_after(in.image_queue, in.image_momentum, in.rows, pointer));
  report.offer("text_queue_after", queue_after(in.text_queue, in.text_momentum, in.rows, pointer));
  offer_integers(c, "queue_pointer_after", {(pointer + in.rows) % in.queue}, report);
}

}  // namespace

std::vector<CaseKind> formula_case_kinds() {
  const auto has = [](const char* a, const char* b) {
    return [a, b](const ReferenceCase& c) { return c.has_input(a) && c.has_input(b); };
  };
  return {{"logits processors",
           [](const ReferenceCase& c) { return c.has_input("logits") && c.has_input("input_ids"); }, run_processors},
          {"momentum contrast", has("image_queue", "image_features_m"), run_momentum_contrast},
          sound_case_kind()};
}

}  // namespace sensorium
