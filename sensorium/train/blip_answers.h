#pragma once
// BLIP as a question answerer: its loss, and how well it answers (Li et al., "BLIP", 2022, section 5.3).

#include "sensorium/train/answer_data.h"
#include "sensorium/train/blip_model.h"
#include "sensorium/train/image_states.h"
#include "sensorium/train/train_loop.h"

namespace sensorium {

/// The language model's loss of all answers to the questions, one question for each row of the picture states [B,T,D]:
/// summed over an answer's tokens, weighted by the share of people who gave it, mean over the questions.
torch::Tensor answer_loss(const TrainableBlip& blip, const torch::Tensor& states, const PairData& data,
                          const std::vector<int64_t>& questions, const BlipTrainOptions& options);

/// Answers the split's questions, written word by word or ranked among `closed`, and scores them (answer_accuracy).
/// Answers are compared as the tokenizer reads and writes them, not by the challenge's own normalisation.
Validation validate_answers(const TrainableBlip& blip, const PairData& data, ImageStates& states,
                            const std::vector<std::string>& closed, const BlipTrainOptions& options);

}  // namespace sensorium
