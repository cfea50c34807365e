#pragma once
// Training of BLIP: captioning, retrieval, and all three losses together.

#include "sensorium/train/blip_options.h"

namespace sensorium {

/// Trains as the options say and writes to `options.out`, as train_clip does (clip_trainer.h): best/ is the checkpoint
/// with the highest CIDEr-D of captions of the validation split (caption), or the largest sum of recalls by contrast.
/// Losses: language model with label smoothing; contrast with momentum distillation, and matching with hard negatives
/// drawn by the contrast's similarities (Li et al., "BLIP", 2022). Continues a run that was interrupted; on one
/// machine, with the same number of threads, to the same weights bit for bit. Throws as train_clip does.
TrainSummary train_blip(BlipTrainOptions options);

}  // namespace sensorium
