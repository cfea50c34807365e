#pragma once
// `sensorium data download`: public archives and lists of addresses, fetched whole or said to be missing.

#include "sensorium/base/options.h"
#include "sensorium/data/download_list.h"

namespace sensorium {

/// Options of `sensorium data download`.
struct DownloadOptions {
  std::vector<std::string> sources;
  std::string out, base_url;
  ListColumns columns;
  std::string to = "folder";
  int64_t shard_size = 10'000;
  std::string encode = "keep";
  int side = 0, quality = 95;
  int64_t max_bytes = int64_t{20} << 20, max_file_bytes = int64_t{64} << 30, max_pixels = 50'000'000;
  std::vector<std::string> types{"image/*", "application/octet-stream", "binary/octet-stream"};
  int parallel = 64, per_host = 6, retries = 3;
  double backoff = 1, max_wait = 300;
  int connect_timeout = 15, stall_timeout = 30, max_time = 300, max_redirects = 5;
  bool allow_private = false, retry_failed = false, ignore_checksums = false;
  std::string user_agent = "sensorium (data download)", proxy;
  int threads = 0;
  void describe(OptionSet& o);
};

/// Fetches what `sources` name into `out`: official files ("coco:val2017", "visual-genome"; see download_archives.h)
/// and addresses, each as a file; lists (see download_list.h) as pictures, in files or tar shards, with a manifest.
/// What is done stays done: a repetition, also after a kill at any moment, goes on where the last one ended, and
/// fetches nothing twice. Returns the report (see download_report.h), which is also written. The kept files depend on
/// the sources and what the servers give alone. Throws UsageError and InputError for sources that cannot be opened,
/// EnvironmentError for a full disk; what single servers do is no error but stands in the report. Memory does not grow
/// with the lists.
OrderedJson download_data(const DownloadOptions& options);

}  // namespace sensorium
