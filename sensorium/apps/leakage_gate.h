#pragma once
// Nothing is evaluated on pictures that the model was trained on.

#include "sensorium/base/file.h"

#include <string>
#include <vector>

namespace sensorium {

/// Compares a split of a prepared folder with the pictures that the model's folder says it has seen (SeenPictures).
/// Throws InputError that says how many of the split are among them, by the same bytes or as near copies, and names
/// some; with `allow`, warns instead. Does nothing for a model that has no such list: others' checkpoints, and those
/// trained before there was one. `need_caption`: pictures without a caption are not looked at.
void refuse_seen_pictures(const fs::path& model, const fs::path& data, const std::string& split,
                          const std::vector<std::string>& languages, bool allow, bool need_caption = true);

}  // namespace sensorium
