#pragma once
// Chinese-CLIP (Yang et al., "Chinese CLIP", 2022): CLIP's vision tower beside BERT, pooled at its first token, without
// a pooler.

#include "sensorium/models/dual_encoder.h"

namespace sensorium {

/// Hugging Face's `ChineseCLIPConfig`. Throws InputError naming `source`.
DualEncoderConfig parse_chinese_clip_config(const Json& json, const std::string& source);
OrderedJson chinese_clip_json(const DualEncoderConfig& config);

}  // namespace sensorium
