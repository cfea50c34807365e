#pragma once
// The subcommands of `sensorium index`. Each gets the words after its name and returns 0, or throws.

#include <string>
#include <vector>

namespace sensorium {

/// A new, empty index for a model's vectors.
int run_index_create(const std::vector<std::string>& words);
/// Pictures, prepared data or ready vectors into an index; with --watch a folder as it changes.
int run_index_add(const std::vector<std::string>& words);
int run_index_remove(const std::vector<std::string>& words);
/// By words, a picture or both.
int run_index_search(const std::vector<std::string>& words);
int run_index_stats(const std::vector<std::string>& words);
int run_index_compact(const std::vector<std::string>& words);
/// Items as JSON lines.
int run_index_export(const std::vector<std::string>& words);
/// Learns what scores mean from a prepared split.
int run_index_calibrate(const std::vector<std::string>& words);

}  // namespace sensorium
