#include "sensorium/data/download_transfer.h"

#include "sensorium/base/json.h"
#include "sensorium/data/download_address.h"
#include "sensorium/data/download_headers.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sensorium {
namespace {

constexpr uint64_t kHeaderLimit = uint64_t{256} << 10;
constexpr uint64_t kErrorBodyLimit = uint64_t{64} << 10;
constexpr uint64_t kMetaFrom = uint64_t{64} << 10;  // smaller parts are not worth a second file
constexpr uint64_t kProgress = uint64_t{1} << 20;

}  // namespace

fs::path part_meta(const fs::path& part) {
  return fs::path(part) += ".meta";
}

void remove_part(const fs::path& part) {
  std::error_code ignored;
  fs::remove(part_meta(part), ignored);
  fs::remove(part, ignored);
}

Transfer::Transfer(CURL* handle, const std::string& url, const fs::path& part, const TransferLimits& limits,
                   bool resume)
    : handle_(handle), limits_(limits), url_(url), part_(part) {
  fd_ = ::open(part.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd_ < 0)
    throw EnvironmentError("data download", "{}: expected to write, got: {}", part.string(), std::strerror(errno));
  if (resume) plan_resume();
  prepare(url);
}

Transfer::~Transfer() {
  curl_slist_free_all(headers_);
  if (fd_ >= 0) ::close(fd_);
}

void Transfer::plan_resume() {
  std::error_code error;
  const fs::path meta_file = part_meta(part_);
  struct stat s {};
  if (!fs::exists(meta_file, error) || ::fstat(fd_, &s) != 0 || s.st_size == 0) return;
  std::string validator;
  uint64_t total = 0;
  try {
    const std::string name = meta_file.string();
    const Json meta = parse_json(read_file(meta_file, 1 << 16), name);
    if (json_get<std::string>(meta, "url", name) != url_) return;
    validator =
        range_validator(json_get<std::string>(meta, "etag", name), json_get<std::string>(meta, "modified", name));
    total = json_get<uint64_t>(meta, "total", name);
  } catch (const InputError&) {
    return;  // a crash of the machine tore it
  }
  const auto size = static_cast<uint64_t>(s.st_size);
  if (validator.empty() || (total != 0 && size > total)) return;
  sent_validator_ = validator;
  resume_from_ =
      size == total ? total - 1 : size;  // a whole file is asked for its last byte: is it still that version?
  total_ = total;
  total_known_ = total != 0;
}

void Transfer::prepare(const std::string& url) {
  curl_easy_reset(handle_);
  const auto set = [&](auto option, auto value) { curl_easy_setopt(handle_, option, value); };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, static_cast<long>(limits_.max_redirects));
  set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(limits_.connect_timeout_s));
  set(CURLOPT_TIMEOUT, static_cast<long>(limits_.max_time_s));
  set(CURLOPT_LOW_SPEED_LIMIT, kSlowestBytes);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(limits_.stall_s));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROXY, limits_.proxy.c_str());
  set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set(CURLOPT_HTTP09_ALLOWED, 0L);
  set(CURLOPT_USERAGENT, limits_.user_agent.c_str());
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_socket);
  set(CURLOPT_OPENSOCKETDATA, this);
  if (resume_from_ > 0) {
    headers_ = curl_slist_append(headers_, fmt::format("Range: bytes={}-", resume_from_).c_str());
    headers_ = curl_slist_append(headers_, ("If-Range: " + sent_validator_).c_str());
  }
  headers_ = curl_slist_append(headers_, "Accept-Encoding: identity");
  set(CURLOPT_HTTPHEADER, headers_);
}

/// A name may resolve to another address each time it is asked for, so the address is looked at where it is used.
curl_socket_t Transfer::on_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& t = *static_cast<Transfer*>(self);
  if (!t.limits_.allow_private && t.limits_.proxy.empty() && !is_public_address(&address->addr, address->addrlen)) {
    t.refused_private_ = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

size_t Transfer::on_header(char* data, size_t size, size_t count, void* self) {
  auto& t = *static_cast<Transfer*>(self);
  const size_t n = size * count;
  t.answer_.bytes += n;
  if (t.answer_.bytes > kHeaderLimit) return t.stop(DownloadReason::large_headers) ? n : 0;
  t.take_header(std::string(data, n));
  return n;
}

void Transfer::take_header(const std::string& line) {
  if (line.starts_with("HTTP/")) {
    const uint64_t bytes = answer_.bytes;
    answer_ = {};
    answer_.bytes = bytes;
    return;
  }
  const auto [name, value] = split_header(line);
  if (name == "content-type") answer_.type = media_type(value);
  if (name == "content-encoding") answer_.encoding = media_type(value);
  if (name == "etag") answer_.etag = value;
  if (name == "last-modified") answer_.modified = value;
  if (name == "content-range") answer_.range = value;
}

/// Notes why the transfer ends early. Returns false, for callbacks to pass on.
bool Transfer::stop(DownloadReason reason, bool drop_part) {
  stopped_ = reason;
  drop_part_ = drop_part_ || drop_part;
  return false;
}

/// Called when the first byte of the final answer's body is there, or, for an empty one, at the end.
bool Transfer::begin_body() {
  begun_ = true;
  long http = 0;
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &http);
  if (http != 200 && http != 203 && http != 206) return true;  // an error; its body is dropped
  if (!is_accepted_type(answer_.type, limits_.types)) return stop(DownloadReason::content_type, true);
  if (!answer_.encoding.empty() && answer_.encoding != "identity") return stop(DownloadReason::content_encoding, true);
  keeps_body_ = true;
  return http == 206 ? accept_range() : accept_whole();
}

bool Transfer::accept_whole() {
  curl_off_t length = -1;
  curl_easy_getinfo(handle_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (length > 0 && static_cast<uint64_t>(length) > limits_.max_bytes) return stop(DownloadReason::too_large, true);
  std::error_code ignored;
  fs::remove(part_meta(part_), ignored);
  if (::ftruncate(fd_, 0) != 0) {
    disk_failed_ = true;
    disk_error_ = errno;
    return false;
  }
  resume_from_ = size_ = 0;
  total_known_ = length >= 0;
  total_ = length >= 0 ? static_cast<uint64_t>(length) : 0;
  return true;
}

bool Transfer::accept_range() {
  const auto range = parse_content_range(answer_.range);
  const bool asked = resume_from_ > 0;
  const std::string validator = range_validator(answer_.etag, answer_.modified);
  if (!asked || !range || range->first != resume_from_ || (total_known_ && range->total && *range->total != total_) ||
      (range->total && range->last + 1 != *range->total) || (!validator.empty() && validator != sent_validator_))
    return stop(DownloadReason::wrong_range, true);
  if (range->total) {
    total_known_ = true;
    total_ = *range->total;
  }
  if (total_known_ && total_ > limits_.max_bytes) return stop(DownloadReason::too_large, true);
  size_ = resume_from_;
  meta_written_ = true;
  return true;
}

size_t Transfer::on_body(char* data, size_t size, size_t count, void* self) {
  auto& t = *static_cast<Transfer*>(self);
  const size_t n = size * count;
  if (!t.begun_ && !t.begin_body()) return 0;
  t.received_ += n;
  if (!t.keeps_body_) {
    t.dropped_ += n;
    return t.dropped_ <= kErrorBodyLimit ? n : 0;
  }
  if (n > t.limits_.max_bytes - std::min(t.size_, t.limits_.max_bytes))
    return t.stop(DownloadReason::too_large, true) ? n : 0;
  for (size_t done = 0; done < n;) {
    const ssize_t w = ::pwrite(t.fd_, data + done, n - done, static_cast<off_t>(t.size_));
    if (w < 0 && errno == EINTR) continue;
    if (w <= 0) {
      t.disk_failed_ = true;
      t.disk_error_ = errno;
      return 0;
    }
    done += static_cast<size_t>(w);
    t.size_ += static_cast<uint64_t>(w);
  }
  if (!t.meta_written_ && t.size_ >= kMetaFrom) t.write_meta();
  return n;
}

void Transfer::write_meta() {
  meta_written_ = true;
  if (range_validator(answer_.etag, answer_.modified).empty()) return;
  const OrderedJson meta{
      {"url", url_}, {"etag", answer_.etag}, {"modified", answer_.modified}, {"total", total_known_ ? total_ : 0}};
  try {
    write_file(part_meta(part_), meta.dump(-1, ' ', false, OrderedJson::error_handler_t::replace));
  } catch (const EnvironmentError&) {
    disk_failed_ = true;
    disk_error_ = errno;
  }
}

TransferOutcome Transfer::finish(CURLcode code) {
  if (code == CURLE_OK && !begun_) begin_body();
  ::close(std::exchange(fd_, -1));
  if (disk_failed_)
    throw EnvironmentError("data download", "{}: expected to write, got: {}", part_.string(),
                           std::strerror(disk_error_));
  if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  TransferOutcome out = classify(code);
  long http = 0;
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &http);
  if (out.reason == DownloadReason::http_status) out.http = static_cast<int>(http);
  out.progressed = out.kind == TransferOutcome::again && !out.drop_part && keeps_body_ && received_ >= kProgress;
  return out;
}

}  // namespace sensorium
