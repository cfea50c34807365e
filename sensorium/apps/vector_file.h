#pragma once
// Ready vectors with their names, as `embed` writes them.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace sensorium {

struct NamedVectors {
  std::vector<std::string> ids;
  std::vector<float> values;  // (N, width)
  int64_t width = 0;
  std::span<const float> row(size_t i) const {
    const auto columns = static_cast<size_t>(width);
    return std::span(values).subspan(i * columns, columns);
  }
};

/// Reads X.npy with X.ids.txt. Throws InputError, in the name of `operation`, for rows of another width than `width`
/// and another number of ids than rows.
NamedVectors read_named_vectors(const std::string& operation, const std::string& file, int64_t width);

}  // namespace sensorium
