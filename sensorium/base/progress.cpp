#include "sensorium/base/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace sensorium {

std::string format_duration(double seconds) {
  const auto s = static_cast<int64_t>(seconds + 0.5);
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

Progress::Progress(std::string label, uint64_t total, std::string unit)
    : label_(std::move(label)),
      unit_(std::move(unit)),
      total_(total),
      visible_(::isatty(2) == 1),
      start_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
  if (visible_ && drawn_ != std::chrono::steady_clock::time_point{}) std::fputs("\r\x1b[K", stderr);
}

void Progress::advance(uint64_t n) {
  std::lock_guard lock(mutex_);
  done_ += n;
  draw(done_ == total_);
}

void Progress::note(std::string text) {
  std::lock_guard lock(mutex_);
  note_ = std::move(text);
}

void Progress::draw(bool force) {
  if (!visible_) return;
  const auto now = std::chrono::steady_clock::now();
  if (!force && now - drawn_ < std::chrono::milliseconds(100)) return;
  drawn_ = now;
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  const double rate = elapsed > 0 ? static_cast<double>(done_) / elapsed : 0;
  std::string line = fmt::format("{}  {}", label_, done_);
  if (total_ > 0) line += fmt::format("/{}  {}%", total_, done_ * 100 / total_);
  line += fmt::format("  {:.{}f}{}/s", rate, rate < 10 ? 1 : 0, unit_.empty() ? "" : " " + unit_);
  if (total_ > done_ && rate > 0)
    line += fmt::format("  {} left", format_duration(static_cast<double>(total_ - done_) / rate));
  if (!note_.empty()) line += "  " + note_;
  std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
  std::fflush(stderr);
}

}  // namespace sensorium
