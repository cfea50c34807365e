#pragma once
// Class names and prompts in files of CLIP_benchmark's layout: {"SET": [text, ...], ...}, with {c} for the class.

#include <string>
#include <vector>

namespace sensorium {

/// Labels as read_labels takes them; of a file that ends in .json those of `set`. Throws UsageError naming the sets
/// there are, InputError for another layout.
std::vector<std::string> read_label_set(const std::string& list_or_file, const std::string& set);

/// Templates with {} for the label: "a photo of a {}" if none is given, those of `set` when the only one is a file that
/// ends in .json.
std::vector<std::string> read_template_set(const std::vector<std::string>& templates, const std::string& set);

}  // namespace sensorium
