#include "sensorium/apps/data_download.h"

#include "sensorium/data/download.h"
#include "sensorium/data/download_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace sensorium {
namespace {

constexpr size_t kHostsShown = 15;

struct Options : DownloadOptions {
  bool json = false;
  void describe(OptionSet& o) {
    DownloadOptions::describe(o);
    o.field("json", json, "print the report as JSON instead of a table");
  }
};

std::string bytes_text(uint64_t bytes) {
  if (bytes < 10'000) return fmt::format("{} B", bytes);
  if (bytes < 10'000'000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  if (bytes < 10'000'000'000) return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
  return fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
}

uint64_t number(const OrderedJson& object, const char* key) {
  return object.at(key).get<uint64_t>();
}

/// The commonest statuses of a host: "HTTP 404 3, too slow 1".
std::string statuses(const OrderedJson& host) {
  std::string text;
  for (const auto& [status, count] : host.at("status").items())
    if (status != "done") text += fmt::format("{}{} {}", text.empty() ? "" : ", ", status, count.get<uint64_t>());
  return text;
}

void print_report(const OrderedJson& report, const std::string& out) {
  fmt::print("{} addresses: {} done ({}), {} failed", number(report, "addresses"), number(report, "done"),
             bytes_text(number(report, "bytes")), number(report, "failed"));
  if (number(report, "repeated") > 0) fmt::print(", {} listed before", number(report, "repeated"));
  fmt::print("\n\n{:>9}  status\n", "count");
  for (const OrderedJson& status : report.at("status"))
    fmt::print("{:>9}  {}\n", number(status, "count"), status.at("status").get<std::string>());
  fmt::print("\n{:<32}{:>9}{:>9}{:>11}  what failed\n", "host", "done", "failed", "bytes");
  const OrderedJson& hosts = report.at("hosts");
  for (size_t i = 0; i < std::min(kHostsShown, hosts.size()); ++i)
    fmt::print("{:<32}{:>9}{:>9}{:>11}  {}\n", hosts[i].at("host").get<std::string>(), number(hosts[i], "done"),
               number(hosts[i], "failed"), bytes_text(number(hosts[i], "bytes")), statuses(hosts[i]));
  if (hosts.size() > kHostsShown)
    fmt::print("and {} more hosts, see {}\n", hosts.size() - kHostsShown, kDownloadReport);
  if (!report.at("list").empty()) fmt::print("\nlines of lists that were left out:\n");
  for (const OrderedJson& entry : report.at("list"))
    fmt::print("{:>9}  {} ({})\n", number(entry, "count"), entry.at("reason").get<std::string>(),
               entry.at("examples")[0].get<std::string>());
  fmt::print("\nin {}\n", out);
}

}  // namespace

int run_data_download(const std::vector<std::string>& words) {
  Options options;
  OptionSet set = OptionSet::of(options);
  const CommandInfo info{
      "sensorium data download",
      "Fetches official archives and lists of pictures: in parallel, politely, going on where an earlier run was "
      "cut off; says by host and status what did not arrive.",
      "sensorium data download coco:val2017 coco:annotations_trainval2017 --out data/coco\n"
      "sensorium data download cc3m.tsv --out data/cc3m --to shards --encode jpeg --side 256"};
  if (!parse_command_line(info, set, words)) return 0;
  const OrderedJson report = download_data(options);
  if (options.json)
    fmt::print("{}\n", report.dump(2, ' ', false, OrderedJson::error_handler_t::replace));
  else
    print_report(report, options.out);
  const uint64_t files_missing = number(report, "files_failed");
  if (files_missing > 0)
    throw InputError("data download", "expected every file to arrive, got {} that did not; see {}", files_missing,
                     (fs::path(options.out) / kDownloadFailures).string());
  if (number(report, "addresses") > 0 && number(report, "done") == 0)
    throw InputError("data download", "expected something to arrive, got nothing; see {}",
                     (fs::path(options.out) / kDownloadFailures).string());
  return 0;
}

}  // namespace sensorium
