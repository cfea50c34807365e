#pragma once
// How well the matching head tells a split's own captions from captions of other pictures, and where it should draw
// the line.

#include "sensorium/train/blip_model.h"
#include "sensorium/train/image_states.h"
#include "sensorium/train/train_loop.h"

namespace sensorium {

/// See the README's note "where a match begins".
struct MatchFigures {
  int64_t pairs = 0;
  double accuracy = 0, matches_kept = 0, mismatches_removed = 0;  // at a probability of 0.5
  double auc = 0;
  double boundary = 0;           // log odds at which as many matches are kept as mismatches are removed
  double balanced_accuracy = 0;  // there
};

/// Of the first `pictures` pictures (0: all), each with one of its own captions and one of another picture, drawn by
/// `seed`. Throws nothing of its own.
MatchFigures validate_matching(const TrainableBlip& blip, const PairData& data, ImageStates& states,
                               const BlipTrainOptions& options);

/// The figures of log odds of pairs that match and of pairs that do not.
MatchFigures match_figures(std::vector<double> match, std::vector<double> mismatch);

/// Adds the figures to those of a validation by contrast; with `decide`, the area under the curve is its score.
void add_figures(Validation& found, const MatchFigures& figures, bool decide);

}  // namespace sensorium
