#pragma once
// What a classification says of one item, on standard output.

#include "sensorium/base/json.h"

#include <span>
#include <string>

namespace sensorium {

/// Prints the `top_k` most probable labels, best first: below `title` (no line where it is empty), a line each; or, as
/// `json`, one object a line: the fields of `head`, then "labels".
void print_labels(const std::string& title, OrderedJson head, std::span<const double> probabilities,
                  std::span<const std::string> labels, int top_k, bool json);

}  // namespace sensorium
