#pragma once
// What `sensorium serve` is told.

#include "sensorium/base/options.h"
#include "sensorium/models/rt/runtime_options.h"

namespace sensorium {

struct ServeOptions {
  std::vector<std::string> models;    // FOLDER or NAME=FOLDER; the first is the default
  std::string index;                  // folder or postgresql:// address
  std::vector<std::string> pictures;  // folders whose pictures may be shown
  std::string picture_store;          // folder for pictures that requests bring; empty: in the index's folder
  std::string host = "127.0.0.1";
  int port = 8080;
  std::string keys;         // file with a key a line; else the variable SENSORIUM_API_KEYS (commas between)
  std::string certificate;  // PEM files: TLS where both are given
  std::string private_key;
  std::vector<std::string> origins;  // of pages elsewhere that may call; "*": any
  bool fetch = false;                // pictures by http(s) addresses
  bool read_only = false;            // no route changes the index
  int max_batch = 32, max_queue = 1024, max_requests = 192, max_connections = 1024;
  double budget_s = 2, deadline_s = 30, drain_s = 20;
  double header_timeout_s = 10, body_timeout_s = 30, idle_timeout_s = 75;
  int max_body_mb = 20, max_bodies_mb = 512, max_header_kb = 16;
  double max_megapixels = 50;
  std::string log = "json";
  RuntimeOptions runtime;
  void describe(OptionSet& o);
  /// Throws UsageError for options that do not fit together.
  void check() const;
};

/// The keys of the file, or of the environment; empty: none are needed. Throws InputError for a file without keys and
/// for keys shorter than 16 characters.
std::vector<std::string> read_api_keys(const std::string& file);

}  // namespace sensorium
