#pragma once
// The embeddings of a folder of pictures, kept between runs and brought up to date.

#include "sensorium/serve/model/embedder.h"

namespace sensorium {

/// Pictures and their embeddings, a row each.
struct PictureIndex {
  std::vector<fs::path> pictures;
  std::vector<float> rows;
  size_t embedded = 0;  // how many the model had to see this time
};

/// Which folder, with which model, kept where.
struct PictureIndexPlan {
  fs::path folder;
  fs::path cache;     // file of kept embeddings
  std::string model;  // model_hash
  PictureOptions options;
};

/// $XDG_CACHE_HOME/sensorium/search/NAME.safetensors (or under ~/.cache), NAME from the folder's place and the model.
fs::path default_cache_file(const fs::path& folder, const std::string& model);

/// Embeds what the cache does not know. A picture is known by its content; place, size and time of change save reading
/// it again. The cache is replaced at once or not at all; where it cannot be written, or is broken, that is said as a
/// warning and everything still works. Throws InputError for a folder without pictures.
PictureIndex open_picture_index(const PictureIndexPlan& plan, const Embedder& model, Tally& skipped);

}  // namespace sensorium
