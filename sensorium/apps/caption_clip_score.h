#pragma once
// How well captions fit their pictures, by a dual encoder.

#include "sensorium/eval/caption_files.h"
#include "sensorium/models/rt/runtime_options.h"

namespace sensorium {

struct ClipScorePlan {
  fs::path model, data;  // a dual encoder; a folder made by data prepare, whose pictures are looked at
  std::string split;
  int batch_size = 32;
  RuntimeOptions runtime;
};

/// CLIPScore and RefCLIPScore of each candidate, in the order of `captions`, and their means. Texts are embedded after
/// "A photo depicts ", as in the paper (Hessel et al., "CLIPScore: a reference-free evaluation metric for image
/// captioning", EMNLP 2021). Throws UsageError for a model that does not know pictures and texts, InputError for a
/// candidate without a picture in the split that can be read.
struct CaptionClipScores {
  CorpusScore score, with_references;
};
CaptionClipScores caption_clip_scores(const ClipScorePlan& plan, const MatchedCaptions& captions);

}  // namespace sensorium
