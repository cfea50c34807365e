// `sensorium data download` from a server on this machine: addresses a second and peak memory, for lists of any length.
// Every tenth address is bad: gone, endless, cut off or no picture.
//
//   bench_download ADDRESSES FOLDER|SHARDS OUT

#include "sensorium/data/download.h"
#include "tests/data/hostile_server.h"

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

using namespace sensorium;

namespace {

std::string address(const test::HostileServer& server, uint64_t i) {
  constexpr const char* kBad[]{"/status/404?", "/endless?", "/truncated/1.png?", "/html/"};
  if (i % 10 == 9) return server.url(kBad[i / 10 % 4] + std::to_string(i));
  return server.url("/good/" + std::to_string(i) + ".png");
}

double peak_mb(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: bench_download ADDRESSES folder|shards OUT\n", stderr);
    return 2;
  }
  const test::HostileServer server;
  const uint64_t count = std::strtoull(argv[1], nullptr, 10);
  DownloadOptions options;
  options.out = argv[3];
  options.to = argv[2];
  options.sources = {options.out + ".tsv"};
  options.allow_private = true;
  options.per_host = options.parallel;
  options.retries = 1;
  options.backoff = 0.1;
  options.max_bytes = 1 << 20;
  {
    AtomicFile list(options.sources[0]);
    for (uint64_t i = 0; i < count; ++i) list.write("picture " + std::to_string(i) + "\t" + address(server, i) + "\n");
    list.commit();
  }
  const double before = peak_mb(RUSAGE_SELF);
  const auto start = std::chrono::steady_clock::now();
  const OrderedJson report = download_data(options);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf(
      "{\"addresses\": %llu, \"done\": %llu, \"failed\": %llu, \"seconds\": %.2f, \"addresses_per_s\": %.0f, "
      "\"peak_mb\": %.1f, \"peak_mb_before\": %.1f}\n",
      static_cast<unsigned long long>(count), report["done"].get<unsigned long long>(),
      report["failed"].get<unsigned long long>(), seconds, static_cast<double>(count) / seconds, peak_mb(RUSAGE_SELF),
      before);
  return 0;
}
