#include "sensorium/models/blip/blip_writer.h"

namespace sensorium {

std::vector<int64_t> begin_text(const BlipTextConfig& config, std::span<const int64_t> prompt_ids) {
  std::vector<int64_t> ids{config.bos_token_id};
  if (prompt_ids.size() > 2) ids.insert(ids.end(), prompt_ids.begin() + 1, prompt_ids.end() - 1);
  return ids;
}

GenerationOptions with_end(GenerationOptions options, const BlipTextConfig& config) {
  options.end_token_id = config.sep_token_id;
  return options;
}

std::vector<int32_t> words_of(const BlipTextConfig& config, std::span<const int64_t> ids) {
  std::vector<int32_t> words;
  for (const int64_t id : ids) {
    if (id == config.sep_token_id) break;
    if (id != config.bos_token_id && id != config.pad_token_id) words.push_back(static_cast<int32_t>(id));
  }
  return words;
}

}  // namespace sensorium
