#pragma once
// SigLIP's config.json (Hugging Face's `SiglipConfig`).

#include "sensorium/models/dual_encoder.h"

namespace sensorium {

/// Throws InputError naming `source`, also when the text head's width is not the vision tower's.
DualEncoderConfig parse_siglip_config(const Json& json, const std::string& source);
OrderedJson siglip_json(const DualEncoderConfig& config);

}  // namespace sensorium
