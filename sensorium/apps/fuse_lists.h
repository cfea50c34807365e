#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// Reads ranked lists (an item a line, best first, perhaps a tab and its score), fuses them by "rrf", "borda",
/// "combsum", "combmnz" or "interleave", and prints the items, best first, with their scores. Throws InputError naming
/// file and line.
void print_fused_lists(const std::vector<std::string>& files, const std::string& method,
                       const std::vector<double>& weights, bool json);

}  // namespace sensorium
