// config.json of every kind of model: what is written of what was read is read again
// as the same, or refused by an InputError.

#include "sensorium/base/error.h"
#include "sensorium/models/blip/blip_config.h"
#include "sensorium/models/dual_encoder.h"
#include "sensorium/models/image_classifier.h"

using namespace sensorium;

namespace {

template <class Parse>
void there_and_back(const Json& json, const Parse& parse) {
  try {
    const std::string once = to_json(parse(json, "config.json")).dump();
    const std::string twice = to_json(parse(Json::parse(once), "written")).dump();
    if (once != twice) __builtin_trap();
  } catch (const InputError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Json json = Json::parse(data, data + size, nullptr, false);
  if (json.is_discarded()) return 0;
  there_and_back(json, parse_blip_config);
  there_and_back(json, parse_image_classifier_config);
  there_and_back(json, parse_dual_encoder_config);
  return 0;
}
