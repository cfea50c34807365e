#pragma once
// An HTTP server on the loopback that does to a downloader what servers of the web do, and worse.

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>

namespace sensorium::test {

/// Serves, by path (N is a number; pictures of different N resemble each other in nothing):
///   /good/N.png           a picture, with ETag, ranges and If-Range
///   /slow/N.png           the same in small pieces
///   /big/SIZE             SIZE bytes with ETag and ranges, in pieces; /big-noetag/SIZE without any validator
///   /cut/SIZE             every answer breaks off after 200 kB of what it should send; with ranges
///   /changing/SIZE        breaks off once at half; from the second request on it is another version
///   /wrong-range/SIZE     breaks off once; answers a range with the wrong one
///   /truncated/N.png      says its whole length, sends half, every time
///   /short-lie/N.png      says half of its length and sends all
///   /type-lie/N.png       says image/png, is HTML;  /html/N  is HTML and says so
///   /gzip/N.png           says Content-Encoding: gzip
///   /flaky/CODE/K/N.png   CODE for the first K requests, then good; 429 and 503 with Retry-After: 1
///   /status/CODE, /wait/SECONDS (429 with Retry-After)
///   /loop/N (to itself by way of /loop/N+1 ... modulo 3), /far/K (K redirects, then good)
///   /redirect/URL         to URL, or a path here
///   /endless, /endless-chunks, /endless-headers, /endless-error (404)
///   /empty, /reset, /garbage, /hang, /drip (a byte a second)
///   /jpeg/W/H.jpg         a JPEG of that size
///   /zip/N.zip            a zip archive; /cut-zip/N.zip without its end
///   /hits                 JSON: how many requests each path had
/// `serve_hostile` never returns; port 0 lets the system choose. Single-threaded.
class HostileServer {
 public:
  /// Starts the server as a child process. To be called before this process has threads.
  HostileServer();
  ~HostileServer();
  HostileServer(const HostileServer&) = delete;
  HostileServer& operator=(const HostileServer&) = delete;
  std::string url(const std::string& path) const;
  int port() const { return port_; }
  /// Requests so far, by path.
  std::map<std::string, int> hits() const;

 private:
  pid_t child_ = -1;
  int port_ = 0;
};

/// A socket that listens on 127.0.0.1; `port` becomes the one it has.
int listen_on_loopback(int& port);

/// Serves from such a socket for ever.
[[noreturn]] void serve_hostile(int listener);

/// The bytes of /good/N.png, and of /big/SIZE.
std::string served_picture(uint64_t n);
std::string served_bytes(uint64_t size, uint64_t version = 1);

}  // namespace sensorium::test
