#pragma once
// A text as it grows, in pieces that can be shown at once.

#include "sensorium/models/rt/blip_model.h"

namespace sensorium {

/// What every new token adds to the text so far, but for the bytes of a character that is not whole yet. Not
/// thread-safe; the model has to outlive it.
class TextPieces {
 public:
  TextPieces(const BlipModel& model, std::vector<int64_t> prompt) : model_(model), ids_(std::move(prompt)) {}
  /// The prompt's own text.
  std::string begin() { return fresh(); }
  std::string add(int64_t token) {
    ids_.push_back(token);
    return fresh();
  }

 private:
  std::string fresh();
  const BlipModel& model_;
  std::vector<int64_t> ids_;
  std::string given_;
};

}  // namespace sensorium
