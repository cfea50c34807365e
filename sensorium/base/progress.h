#pragma once
// A progress line on standard error: count, rate, time left. Silent when standard error is not a terminal.

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace sensorium {

/// Shows "label  1234/7000  17%  310/s  0:18 left" and rewrites it at most ten times a second; clears the line at
/// destruction. `total` 0 means unknown. `advance` is thread-safe.
class Progress {
 public:
  Progress(std::string label, uint64_t total, std::string unit = "");
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void advance(uint64_t n = 1);
  /// A short note shown at the end of the line (a loss, a file name).
  void note(std::string text);

 private:
  void draw(bool force);
  std::string label_, unit_, note_;
  uint64_t total_, done_ = 0;
  bool visible_;
  std::chrono::steady_clock::time_point start_, drawn_;
  std::mutex mutex_;
};

/// "0:18", "12:05" or "3:07:09".
std::string format_duration(double seconds);

}  // namespace sensorium
