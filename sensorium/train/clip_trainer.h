#pragma once
// Training of a dual encoder on pairs of pictures and captions: the loop, validation, checkpoints, resuming.

#include "sensorium/train/clip_options.h"
#include "sensorium/train/train_loop.h"

namespace sensorium {

/// Trains as the options say and writes to `options.out`:
///   best/            the checkpoint with the largest sum of recalls on the validation split, a Hugging Face folder
///   last/            the latest one, with state.safetensors and state.json to continue from
///   results.jsonl    a line for every `log_every` updates and every validation
///   events.out.*     the same for TensorBoard
///   cache/           features of frozen towers
/// Continues a run that was interrupted, at whatever moment; a finished one is left as it is. On one machine, with the
/// same number of threads, an interrupted and continued run ends with the same weights, bit for bit, as one that was
/// not. Throws UsageError for contradictory options and for options that differ from those of the run in the folder,
/// InputError for bad data, and when the loss is not finite or diverges (last/ and best/ are then those of before).
TrainSummary train_clip(ClipTrainOptions options);

}  // namespace sensorium
