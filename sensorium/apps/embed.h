#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium embed`: embeddings of pictures and texts to a .npy with ids or to JSON lines. Returns 0, or throws.
int run_embed(const std::vector<std::string>& words);

}  // namespace sensorium
