#pragma once
// A BLIP bundle on the lean runtime, for one use of it.

#include "sensorium/models/blip/blip_bundle.h"
#include "sensorium/models/blip/blip_writer.h"
#include "sensorium/models/rt/rt_ops.h"
#include "sensorium/models/rt/runtime_options.h"
#include "sensorium/tensor/decode.h"

namespace sensorium {

using BlipModel = BlipBundle<rt::Tensor>;

/// The BLIP bundle of a folder, which has to be of one of these kinds. Throws InputError "[operation] ..." naming what
/// the folder holds instead.
BlipModel load_blip_model(const std::string& operation, const fs::path& folder, const std::vector<BlipKind>& kinds,
                          const RuntimeOptions& runtime);

/// Vision states of pixels [B,3,S,S].
rt::Tensor look(const BlipModel& model, const rt::Tensor& pixels);
/// The text of generated ids.
std::string text_of(const BlipModel& model, std::span<const int64_t> ids);

}  // namespace sensorium
