#pragma once
// VQA (version 2): questions about COCO's pictures with ten answers each.

#include "sensorium/data/source.h"

namespace sensorium {

/// Opens a questions file, {"questions": [{"image_id", "question", "question_id"}]}, and the annotations that go with
/// it, {"annotations": [{"question_id", "multiple_choice_answer", "answer_type", "answers": [{"answer"}]}]}; without
/// annotations (the test part) questions have no answers. One record a picture, in order of first mention; answers are
/// those of all people, the most common first. Pictures are COCO_train2014_000000000009.jpg below `images` (the part as
/// the file's name says), or 000000000009.jpg. The files are read twice and never held. Throws InputError for broken
/// JSON or another layout.
/// Source of the layout: Goyal et al., "Making the V in VQA matter", CVPR 2017; visualqa.org.
Source open_vqa(const fs::path& questions, const fs::path& annotations, const fs::path& images);

}  // namespace sensorium
