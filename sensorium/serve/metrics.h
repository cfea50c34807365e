#pragma once
// Counts of a server, as Prometheus reads them (text exposition format 0.0.4).

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace sensorium {

/// Thread-safe.
class Metrics {
 public:
  /// A request that was answered. `route` is the route's path, never the request's, so that nobody can fill the memory.
  void count_request(const std::string& route, int status, double seconds);
  /// A batch that went through a model.
  void count_batch(const std::string& lane, size_t items, double seconds);
  void count_refusal(const std::string& reason);
  /// A value that is asked for when the metrics are; `labels` as in {a="b"}, or "". Called before the server starts.
  void add_gauge(const std::string& name, const std::string& help, std::function<double()> value);
  std::string text() const;

 private:
  static constexpr std::array<double, 12> kBounds_s = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                       0.1,   0.25,   0.5,   1,    2.5,   10};
  struct Times {
    std::array<uint64_t, kBounds_s.size()> at_most{};
    uint64_t count = 0;
    double sum_s = 0;
  };
  struct Batches {
    uint64_t count = 0, items = 0;
    double sum_s = 0;
  };
  struct Gauge {
    std::string name, help;
    std::function<double()> value;
  };
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, uint64_t> requests_;
  std::map<std::string, Times> times_;
  std::map<std::string, Batches> batches_;
  std::map<std::string, uint64_t> refusals_;
  std::vector<Gauge> gauges_;
};

/// Bytes of memory that this process has in use, and files it has open; 0 where the system does not say.
double resident_bytes();
double open_files();

}  // namespace sensorium
