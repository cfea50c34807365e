#pragma once
// TensorBoard's event files: records framed as TFRecord, each an `Event` protocol buffer with scalar summaries.

#include "sensorium/base/file.h"

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace sensorium {

/// A named value for TensorBoard's scalar charts.
using Scalar = std::pair<std::string, double>;

/// What one record says.
struct Event {
  double wall_time = 0;  // seconds since 1970
  int64_t step = 0;
  std::string file_version;  // "brain.Event:2" in the first record, otherwise empty
  std::vector<std::pair<std::string, float>> scalars;
  bool operator==(const Event&) const = default;
};

/// Castagnoli's CRC-32 of the bytes, and TFRecord's rotation of it.
uint32_t crc32c(std::string_view bytes);
uint32_t masked_crc32c(std::string_view bytes);

/// The records of an event file, in order. Throws InputError naming the file for wrong checksums and broken records; a
/// last record that is cut short (the writer was killed) ends the list.
std::vector<Event> read_events(const fs::path& path);

/// Appends to the one event file of a folder.
class EventWriter {
 public:
  /// Keeps what an earlier writer wrote up to `last_step` and drops what it wrote later; begins a file where there is
  /// none. Throws EnvironmentError when the folder cannot be written.
  EventWriter(const fs::path& folder, int64_t last_step);
  void write(int64_t step, std::span<const Scalar> scalars);

 private:
  fs::path path_;
};

}  // namespace sensorium
