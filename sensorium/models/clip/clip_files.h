#pragma once
// CLIP's configuration files: Hugging Face's config.json and open_clip's open_clip_config.json.

#include "sensorium/models/dual_encoder.h"

namespace sensorium {

/// `CLIPConfig`. Throws InputError naming `source`.
DualEncoderConfig parse_clip_config(const Json& json, const std::string& source);
OrderedJson clip_json(const DualEncoderConfig& config);

/// open_clip's {"model_cfg", "preprocess_cfg"}, or a bare model_cfg, with OpenAI's text transformer and either a ViT or
/// a ModifiedResNet. Throws InputError naming `source` and the key for every option that changes the model and is not
/// one of those here.
DualEncoderConfig parse_open_clip_config(const Json& json, const std::string& source);
/// Throws InputError when open_clip has no words for the model: other families, different activations in the towers, or
/// an end of text that is not the largest id (open_clip pools there).
OrderedJson open_clip_json(const DualEncoderConfig& config);

}  // namespace sensorium
