#include "sensorium/serve/serve_options.h"

#include "sensorium/base/file.h"

#include <cstdlib>
#include <sstream>

namespace sensorium {

void ServeOptions::describe(OptionSet& o) {
  o.field("model", models, "checkpoint folder, or NAME=FOLDER; several: the first is the default").required();
  o.field("index", index, "index to search and change: a folder, or a postgresql:// address");
  o.field("pictures", pictures, "folders from which pictures of the index may be shown");
  o.field("picture_store", picture_store,
          "folder for pictures that requests add; default: in the index's folder, and with PostgreSQL none is kept");
  o.field("host", host, "address to listen on; 0.0.0.0: every one of this machine");
  o.field("port", port, "port; 0: any that is free").range(0, 65535);
  o.field("keys", keys, "file with an API key a line; without it the variable SENSORIUM_API_KEYS, commas between");
  o.field("certificate", certificate, "PEM file with the certificate chain: HTTPS");
  o.field("private_key", private_key, "PEM file with the certificate's key");
  o.field("origins", origins, "origins whose pages may call (CORS), such as https://example.org; *: any");
  o.field("fetch", fetch, "take pictures by http(s) address too, from public addresses");
  o.field("read_only", read_only, "refuse to change the index");
  o.field("max_batch", max_batch, "pictures or texts a batch").range(1, 1024);
  o.field("max_queue", max_queue, "pictures and texts waiting, beyond which requests are refused").range(1, 1 << 20);
  o.field("budget_s", budget_s, "seconds to the answer, beyond which requests are refused").range(0.01, 3600);
  o.field("deadline_s", deadline_s, "seconds a request may take").range(0.05, 3600);
  o.field("drain_s", drain_s, "seconds that requests at work get to end when the server is told to").range(0, 3600);
  o.field("max_requests", max_requests, "requests at work at once").range(1, 4096);
  o.field("max_connections", max_connections, "connections at once").range(1, 1 << 20);
  o.field("header_timeout_s", header_timeout_s, "seconds for a request's headers to arrive").range(0.1, 3600);
  o.field("body_timeout_s", body_timeout_s, "seconds for its body, and for the answer to be taken").range(0.1, 3600);
  o.field("idle_timeout_s", idle_timeout_s, "seconds a connection may wait for its next request").range(0.1, 86400);
  o.field("max_body_mb", max_body_mb, "MiB of a request's body").range(1, 4096);
  o.field("max_bodies_mb", max_bodies_mb, "MiB of all bodies held at once").range(1, 1 << 20);
  o.field("max_header_kb", max_header_kb, "KiB of a request's headers").range(1, 1024);
  o.field("max_megapixels", max_megapixels, "million pixels of a picture").range(0.01, 1000);
  o.field("log", log, "a line a request on standard error").one_of({"json", "off"});
  runtime.describe(o);
}

void ServeOptions::check() const {
  if (certificate.empty() != private_key.empty())
    throw UsageError("sensorium serve", "expected --certificate and --private-key together, got one of them");
  if (max_bodies_mb < max_body_mb)
    throw UsageError("sensorium serve", "expected --max-bodies-mb of at least --max-body-mb {}, got {}", max_body_mb,
                     max_bodies_mb);
}

std::vector<std::string> read_api_keys(const std::string& file) {
  std::string text;
  char separator = '\n';
  if (!file.empty()) {
    text = read_file(file, 1 << 20);
  } else if (const char* variable = std::getenv("SENSORIUM_API_KEYS")) {
    text = variable;
    separator = ',';
  }
  std::vector<std::string> keys;
  std::istringstream in(text);
  for (std::string key; std::getline(in, key, separator);) {
    while (!key.empty() && (key.back() == '\r' || key.back() == '\n' || key.back() == ' ')) key.pop_back();
    if (key.empty()) continue;
    if (key.size() < 16)
      throw InputError("sensorium serve", "{}: expected keys of at least 16 characters, got one of {}",
                       file.empty() ? "SENSORIUM_API_KEYS" : file, key.size());
    keys.push_back(std::move(key));
  }
  if (!file.empty() && keys.empty()) throw InputError("sensorium serve", "{}: expected a key a line, got none", file);
  return keys;
}

}  // namespace sensorium
