#pragma once
// One attempt to fetch one address into a file, with everything a server may do wrong.

#include "sensorium/base/file.h"
#include "sensorium/data/download_reason.h"

#include <curl/curl.h>

#include <string>
#include <vector>

namespace sensorium {

/// What a transfer may do.
struct TransferLimits {
  uint64_t max_bytes = uint64_t{20} << 20;
  int connect_timeout_s = 15;
  int stall_s = 30;      // fewer than kSlowestBytes a second for so long is too slow
  int max_time_s = 300;  // of one attempt; 0: none
  int max_redirects = 5;
  bool allow_private = false;
  std::vector<std::string> types;  // accepted content types, "image/*"; empty: all but text/html
  std::string user_agent;
  std::string proxy;  // whose word is taken for the address it connects to; empty: none, whatever the environment says
};
inline constexpr long kSlowestBytes = 100;

/// How an attempt ended.
struct TransferOutcome {
  enum Kind { complete, again, failed } kind = failed;
  DownloadReason reason = DownloadReason::none;
  int http = 0;
  double wait_s = -1;       // what the server asked for (Retry-After); -1: nothing
  bool drop_part = false;   // what lies on disk is of no use
  bool progressed = false;  // this attempt added a mebibyte or more that a later one can build on
};

/// One attempt. Fetches `url` by GET into the file `part`, following redirects. If `part` and `part`.meta say that an
/// earlier attempt got a part of the same version (by a strong ETag or Last-Modified), the rest is asked for by Range
/// and If-Range, and taken only when the answer fits; otherwise the file begins anew. The address of every connection,
/// after each redirect and each resolving of a name, must be public unless `allow_private` or a proxy is named.
/// Cookies, proxies of the environment and credentials are not used. The body never goes beyond `max_bytes`; the body
/// of an error is dropped. Used by the thread that runs the curl multi handle. Throws EnvironmentError when the disk is
/// full.
class Transfer {
 public:
  /// `handle` must outlive the transfer and is reset. `resume` false ignores what lies on disk.
  Transfer(CURL* handle, const std::string& url, const fs::path& part, const TransferLimits& limits, bool resume);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  /// To be called once, when curl is done with the handle.
  TransferOutcome finish(CURLcode code);
  /// Whether the file was put together from more than one attempt.
  bool resumed() const { return begun_ && resume_from_ > 0; }

 private:
  struct Answer {  // the headers of the answer at hand
    std::string type, encoding, etag, modified, range;
    uint64_t bytes = 0;
  };
  static size_t on_header(char* data, size_t size, size_t count, void* self);
  static size_t on_body(char* data, size_t size, size_t count, void* self);
  static curl_socket_t on_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
  void prepare(const std::string& url);
  void plan_resume();
  void take_header(const std::string& line);
  bool begin_body();
  bool accept_whole();
  bool accept_range();
  void write_meta();
  bool stop(DownloadReason reason, bool drop_part = false);
  TransferOutcome classify(CURLcode code) const;
  TransferOutcome classify_status(int http) const;

  CURL* handle_;
  const TransferLimits& limits_;
  std::string url_;
  fs::path part_;
  curl_slist* headers_ = nullptr;
  int fd_ = -1;
  Answer answer_;
  std::string sent_validator_;  // of If-Range
  uint64_t resume_from_ = 0, total_ = 0, size_ = 0, received_ = 0, dropped_ = 0;
  bool total_known_ = false, begun_ = false, keeps_body_ = false, meta_written_ = false, refused_private_ = false;
  bool disk_failed_ = false;
  int disk_error_ = 0;
  DownloadReason stopped_ = DownloadReason::none;
  bool drop_part_ = false;
};

/// The file beside a part that says which version it is a part of.
fs::path part_meta(const fs::path& part);

/// Removes a part and what stands beside it.
void remove_part(const fs::path& part);

}  // namespace sensorium
