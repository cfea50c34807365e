#include "sensorium/data/download_report.h"

#include "sensorium/data/download_address.h"
#include "sensorium/data/manifest.h"
#include "sensorium/data/statistics.h"

#include <algorithm>
#include <map>

namespace sensorium {
namespace {

struct HostCounts {
  uint64_t done = 0, failed = 0, bytes = 0;
  std::map<std::string, uint64_t> status;
};

std::string status_text(const DownloadEntry& entry) {
  switch (entry.status) {
    case DownloadStatus::done:
      return "done";
    case DownloadStatus::todo:
      return "not fetched yet";
    case DownloadStatus::repeated:
      return "address listed before";
    case DownloadStatus::failed:
      break;
  }
  if (entry.reason == DownloadReason::http_status) return fmt::format("HTTP {}", entry.http);
  return std::string(reason_text(entry.reason));
}

/// Counts by host and status.
class Rot {
 public:
  void add(const DownloadEntry& entry, const DownloadItem& item) {
    const std::string status = status_text(entry);
    ++statuses_[status];
    ++by_state_[static_cast<size_t>(entry.status)];
    files_failed_ += entry.status == DownloadStatus::failed && !item.name.empty();
    if (entry.status == DownloadStatus::repeated) return;
    std::string fault;
    const auto address = parse_web_address(item.url, fault);
    std::string name = address ? address->host : "(no address)";
    if (!hosts_.contains(name) && hosts_.size() >= kMostHosts) name = "(other hosts)";
    HostCounts& host = hosts_[name];
    ++host.status[status];
    host.done += entry.status == DownloadStatus::done;
    host.failed += entry.status == DownloadStatus::failed;
    if (entry.status == DownloadStatus::done) {
      host.bytes += entry.bytes;
      bytes_ += entry.bytes;
    }
  }

  OrderedJson to_json() const {
    const auto by_state = [&](DownloadStatus s) { return by_state_[static_cast<size_t>(s)]; };
    const uint64_t all = by_state_[0] + by_state_[1] + by_state_[2] + by_state_[3];
    OrderedJson json{{"addresses", all},
                     {"done", by_state(DownloadStatus::done)},
                     {"failed", by_state(DownloadStatus::failed)},
                     {"files_failed", files_failed_},
                     {"left", by_state(DownloadStatus::todo)},
                     {"repeated", by_state(DownloadStatus::repeated)},
                     {"bytes", bytes_}};
    json["status"] = OrderedJson::array();
    for (const auto& [count, status] : ordered(statuses_))
      json["status"].push_back(OrderedJson{{"status", status}, {"count", count}});
    std::vector<const std::pair<const std::string, HostCounts>*> hosts;
    for (const auto& host : hosts_) hosts.push_back(&host);
    std::stable_sort(hosts.begin(), hosts.end(), [](const auto* a, const auto* b) {
      return std::pair(a->second.failed, a->second.done) > std::pair(b->second.failed, b->second.done);
    });
    json["hosts"] = OrderedJson::array();
    for (const auto* host : hosts) {
      const HostCounts& c = host->second;
      OrderedJson entry{{"host", host->first}, {"done", c.done}, {"failed", c.failed}, {"bytes", c.bytes}};
      entry["status"] = OrderedJson::object();
      for (const auto& [count, status] : ordered(c.status)) entry["status"][status] = count;
      json["hosts"].push_back(std::move(entry));
    }
    return json;
  }

 private:
  static std::vector<std::pair<uint64_t, std::string>> ordered(const std::map<std::string, uint64_t>& counts) {
    std::vector<std::pair<uint64_t, std::string>> list;
    for (const auto& [name, count] : counts) list.emplace_back(count, name);
    std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    return list;
  }
  std::map<std::string, uint64_t> statuses_;
  std::map<std::string, HostCounts> hosts_;
  std::array<uint64_t, 4> by_state_{};
  uint64_t bytes_ = 0, files_failed_ = 0;
};

/// The places of pictures, as records have them; in shards these stand in the shards alone.
class PicturePaths {
 public:
  explicit PicturePaths(const DownloadPlaces& places) : places_(places) {}
  /// Empty when there is none.
  std::string of(uint64_t index, const DownloadEntry& entry) {
    if (places_.shard_size == 0) return places_.picture(index).string() + "." + kPictureSuffixes.at(entry.format);
    if (const uint64_t shard = index / places_.shard_size; !loaded_ || shard != shard_) {
      loaded_ = true;
      shard_ = shard;
      paths_.clear();
      if (fs::exists(places_.shard(shard)))
        for_each_sharded(places_.shard(shard), [&](uint64_t i, const fs::path& path) { paths_[i] = path.string(); });
    }
    const auto it = paths_.find(index);
    return it == paths_.end() ? "" : it->second;
  }

 private:
  const DownloadPlaces& places_;
  std::map<uint64_t, std::string> paths_;
  uint64_t shard_ = 0;
  bool loaded_ = false;
};

std::string failure_line(const DownloadEntry& entry, const DownloadItem& item) {
  OrderedJson json{{"url", item.url}, {"source", item.source}, {"reason", reason_text(entry.reason)}};
  if (entry.http != 0) json["http"] = entry.http;
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

}  // namespace

OrderedJson write_download_report(DownloadState& state, const DownloadPlaces& places) {
  Rot rot;
  PicturePaths paths(places);
  AtomicFile failures(places.out / kDownloadFailures);
  std::string buffer;
  std::unique_ptr<ManifestWriter> manifest;
  DataStatistics statistics;
  for (uint64_t i = 0; i < state.size(); ++i) {
    DownloadEntry entry = state.entry(i);
    const bool picture = entry.status == DownloadStatus::done && entry.format != kOwnName;
    const std::string path = picture ? paths.of(i, entry) : "";
    if (picture && path.empty()) {
      entry.status = DownloadStatus::todo;
      state.set(i, entry);
    }
    const bool done = entry.status == DownloadStatus::done;
    const DownloadItem item = done ? state.merged_item(i) : state.item(i);
    rot.add(entry, item);
    if (entry.status == DownloadStatus::failed) buffer += failure_line(entry, item);
    if (buffer.size() > (size_t{1} << 20)) {
      failures.write(buffer);
      buffer.clear();
    }
    if (!done || entry.format == kOwnName) continue;
    const Record record = download_record(item, entry, i, path);
    if (!manifest) manifest = std::make_unique<ManifestWriter>(places.out);
    manifest->add(record);
    statistics.add(record);
  }
  failures.write(buffer);
  failures.commit();
  OrderedJson report = rot.to_json();
  report["list"] = state.notes();
  if (manifest) {
    OrderedJson header = statistics.to_json();
    header["download"] = OrderedJson{{"addresses", report["addresses"]}, {"failed", report["failed"]}};
    manifest->commit(header);
  }
  write_file(places.out / kDownloadReport, report.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n");
  return report;
}

}  // namespace sensorium
