#include "sensorium/train/match_validation.h"

#include "sensorium/base/rng.h"
#include "sensorium/eval/score_curves.h"
#include "sensorium/torch/decode.h"
#include "sensorium/torch/ops.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace sensorium {
namespace {

using torch::Tensor;

constexpr int64_t kEvaluationBatch = 32;

/// One of the picture's own captions, then one of another picture's.
std::array<int64_t, 2> draw_pair(const PairData& data, int64_t picture, uint64_t seed) {
  const int64_t first = data.first_caption[static_cast<size_t>(picture)];
  const int64_t own = data.first_caption[static_cast<size_t>(picture) + 1] - first;
  CounterRng rng(seed, static_cast<uint64_t>(picture));
  const int64_t match = first + static_cast<int64_t>(rng.below(static_cast<uint64_t>(own)));
  const auto other = static_cast<int64_t>(rng.below(static_cast<uint64_t>(data.caption_count() - own)));
  return {match, other < first ? other : other + own};
}

/// Log odds of captions, two beside each other for each picture.
std::vector<double> log_odds(const TrainableBlip& blip, const Tensor& states, const std::vector<std::string>& captions,
                             const BlipTrainOptions& options) {
  const Tensor logits = match_logits_over<Tensor>(blip.model, encoder_batch(blip, captions, options),
                                                  project_states<Tensor>(blip.model.text_encoder, states))
                            .to(torch::kCPU, torch::kDouble);
  const Tensor odds = (logits.select(1, 1) - logits.select(1, 0)).contiguous();
  return {odds.const_data_ptr<double>(), odds.const_data_ptr<double>() + odds.numel()};
}

/// Of values in ascending order.
double share_at_least(const std::vector<double>& values, double boundary) {
  const auto n = values.end() - std::lower_bound(values.begin(), values.end(), boundary);
  return static_cast<double>(n) / static_cast<double>(values.size());
}

}  // namespace

MatchFigures match_figures(std::vector<double> match, std::vector<double> mismatch) {
  std::sort(match.begin(), match.end());
  std::sort(mismatch.begin(), mismatch.end());
  MatchFigures f;
  f.pairs = static_cast<int64_t>(match.size() + mismatch.size());
  f.matches_kept = share_at_least(match, 0);
  f.mismatches_removed = 1 - share_at_least(mismatch, 0);
  f.accuracy = (f.matches_kept + f.mismatches_removed) / 2;
  std::vector<uint8_t> positive(match.size(), 1);
  positive.resize(match.size() + mismatch.size(), 0);
  std::vector<double> all = match;
  all.insert(all.end(), mismatch.begin(), mismatch.end());
  f.auc = roc_auc(positive, all);
  std::sort(all.begin(), all.end());
  double least = 2;
  for (size_t i = 0; i + 1 < all.size(); ++i) {
    const double boundary = (all[i] + all[i + 1]) / 2;
    const double kept = share_at_least(match, boundary), removed = 1 - share_at_least(mismatch, boundary);
    if (std::abs(kept - removed) >= least) continue;
    least = std::abs(kept - removed);
    f.boundary = boundary;
    f.balanced_accuracy = (kept + removed) / 2;
  }
  return f;
}

MatchFigures validate_matching(const TrainableBlip& blip, const PairData& data, ImageStates& states,
                               const BlipTrainOptions& options) {
  const int64_t pictures = options.validated_of(data.picture_count());
  std::vector<double> match, mismatch;
  for (int64_t first = 0; first < pictures; first += kEvaluationBatch) {
    const int64_t n = std::min(kEvaluationBatch, pictures - first);
    std::vector<int64_t> captions;
    for (int64_t i = first; i < first + n; ++i)
      for (const int64_t caption : draw_pair(data, i, options.seed)) captions.push_back(caption);
    const std::vector<double> odds = log_odds(blip, states.of(first, n), data.texts(captions), options);
    for (size_t i = 0; i < odds.size(); ++i) (i % 2 == 0 ? match : mismatch).push_back(odds[i]);
  }
  return match_figures(std::move(match), std::move(mismatch));
}

void add_figures(Validation& found, const MatchFigures& f, bool decide) {
  if (decide) found.score = f.auc;
  found.figures["match"] = {{"pairs", f.pairs},
                            {"accuracy", f.accuracy},
                            {"matches_kept", f.matches_kept},
                            {"mismatches_removed", f.mismatches_removed},
                            {"roc_auc", f.auc},
                            {"boundary", f.boundary},
                            {"balanced_accuracy", f.balanced_accuracy}};
  for (const auto& [name, value] :
       {std::pair("accuracy", f.accuracy), {"roc_auc", f.auc}, {"balanced_accuracy", f.balanced_accuracy}})
    found.scalars.emplace_back(fmt::format("validation/match/{}", name), value);
  found.line += fmt::format("  match {:.1f} % at 0.5, {:.1f} % at {:.2f}, AUC {:.3f}", 100 * f.accuracy,
                            100 * f.balanced_accuracy, 1 / (1 + std::exp(-f.boundary)), f.auc);
}

}  // namespace sensorium
