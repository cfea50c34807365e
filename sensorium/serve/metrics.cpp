#include "sensorium/serve/metrics.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace sensorium {

void Metrics::count_request(const std::string& route, int status, double seconds) {
  std::lock_guard lock(mutex_);
  ++requests_[{route, status}];
  Times& times = times_[route];
  ++times.count;
  times.sum_s += seconds;
  for (size_t i = 0; i < kBounds_s.size(); ++i)
    if (seconds <= kBounds_s[i]) ++times.at_most[i];
}

void Metrics::count_batch(const std::string& lane, size_t items, double seconds) {
  std::lock_guard lock(mutex_);
  Batches& batches = batches_[lane];
  ++batches.count;
  batches.items += items;
  batches.sum_s += seconds;
}

void Metrics::count_refusal(const std::string& reason) {
  std::lock_guard lock(mutex_);
  ++refusals_[reason];
}

void Metrics::add_gauge(const std::string& name, const std::string& help, std::function<double()> value) {
  std::lock_guard lock(mutex_);
  gauges_.push_back({name, help, std::move(value)});
}

std::string Metrics::text() const {
  std::lock_guard lock(mutex_);
  std::string out;
  const auto head = [&](const std::string& name, const char* type, const std::string& help) {
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  };
  head("sensorium_requests_total", "counter", "Requests answered.");
  for (const auto& [key, n] : requests_)
    out += fmt::format("sensorium_requests_total{{route=\"{}\",status=\"{}\"}} {}\n", key.first, key.second, n);
  head("sensorium_request_seconds", "histogram", "Time from the whole request to the whole answer.");
  for (const auto& [route, t] : times_) {
    for (size_t i = 0; i < kBounds_s.size(); ++i)
      out += fmt::format("sensorium_request_seconds_bucket{{route=\"{}\",le=\"{}\"}} {}\n", route, kBounds_s[i],
                         t.at_most[i]);
    out += fmt::format(
        "sensorium_request_seconds_bucket{{route=\"{0}\",le=\"+Inf\"}} {1}\n"
        "sensorium_request_seconds_sum{{route=\"{0}\"}} {2}\n"
        "sensorium_request_seconds_count{{route=\"{0}\"}} {1}\n",
        route, t.count, t.sum_s);
  }
  head("sensorium_batches_total", "counter", "Batches that went through a model.");
  for (const auto& [lane, b] : batches_)
    out += fmt::format("sensorium_batches_total{{lane=\"{}\"}} {}\n", lane, b.count);
  head("sensorium_batch_items_total", "counter", "Pictures, texts and other work in those batches.");
  for (const auto& [lane, b] : batches_)
    out += fmt::format("sensorium_batch_items_total{{lane=\"{}\"}} {}\n", lane, b.items);
  head("sensorium_batch_seconds_total", "counter", "Time that models worked.");
  for (const auto& [lane, b] : batches_)
    out += fmt::format("sensorium_batch_seconds_total{{lane=\"{}\"}} {}\n", lane, b.sum_s);
  head("sensorium_refusals_total", "counter", "Requests refused for the server's sake, by reason.");
  for (const auto& [reason, n] : refusals_)
    out += fmt::format("sensorium_refusals_total{{reason=\"{}\"}} {}\n", reason, n);
  for (const Gauge& gauge : gauges_) {
    head(gauge.name, "gauge", gauge.help);
    out += fmt::format("{} {}\n", gauge.name, gauge.value());
  }
  return out;
}

double resident_bytes() {
  std::ifstream in("/proc/self/statm");
  double size = 0, resident = 0;
  in >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_files() {
  std::error_code error;
  double n = 0;
  for (auto i = std::filesystem::directory_iterator("/proc/self/fd", error); i != std::filesystem::directory_iterator();
       i.increment(error)) {
    if (error) break;
    ++n;
  }
  return n;
}

}  // namespace sensorium
