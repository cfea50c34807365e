#pragma once
// How a download ended: by host and by status, as JSON; the manifest of what is there; the list of what is not.

#include "sensorium/data/download_places.h"

namespace sensorium {

inline constexpr const char* kDownloadReport = "report.json";
inline constexpr const char* kDownloadFailures = "failures.jsonl";

/// Goes through all items once and writes to the output folder: report.json; failures.jsonl, {"url", "source",
/// "reason", "http"} a line; and, if there are pictures, a manifest of them (see manifest.h). Returns the report:
/// {"addresses", "done", "failed", "files_failed" (of those kept under their own name), "left", "repeated", "bytes",
/// "status": [{"status", "count"}], "hosts": [{"host", "done", "failed", "bytes", "status": {...}}], "list": broken
/// lines by reason}, statuses and hosts with the most failures first. Beyond kMostHosts hosts the rest are counted
/// together. Memory: the hosts.
OrderedJson write_download_report(DownloadState& state, const DownloadPlaces& places);
inline constexpr size_t kMostHosts = 20'000;

}  // namespace sensorium
