#include "tests/data/hostile_server.h"

#include "sensorium/base/json.h"
#include "tests/data/corpus.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <list>
#include <vector>

namespace sensorium::test {
namespace {

using Clock = std::chrono::steady_clock;

struct Request {
  std::string path, range, if_range;
  std::vector<std::string> parts;  // of the path
};

/// What is sent: bytes, perhaps in pieces with pauses, perhaps without end.
struct Answer {
  std::string bytes;
  std::string repeat;      // after the bytes, for ever
  size_t piece = 1 << 16;  // bytes at a time
  int pause_ms = 0;        // between pieces
  bool close = false;      // the connection, once sent
  bool reset = false;      // close with RST
  bool hang = false;       // keep open and silent
};

uint64_t number(const std::string& text) {
  return std::strtoull(text.c_str(), nullptr, 10);
}

std::vector<std::string> split_path(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t from = 1; from <= path.size();) {
    const size_t slash = std::min(path.find('/', from), path.size());
    parts.push_back(path.substr(from, slash - from));
    from = slash + 1;
  }
  return parts;
}

Answer simple(const std::string& status, const std::string& headers, const std::string& body) {
  Answer a;
  a.bytes =
      "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  return a;
}

/// A file with a validator, whole or the range that was asked for.
Answer file(const Request& r, const std::string& type, const std::string& body, const std::string& etag) {
  const std::string headers =
      "Content-Type: " + type + "\r\nAccept-Ranges: bytes\r\n" + (etag.empty() ? "" : "ETag: " + etag + "\r\n");
  const bool ranged = r.range.starts_with("bytes=") && (r.if_range.empty() || r.if_range == etag) && !etag.empty();
  if (!ranged) return simple("200 OK", headers, body);
  const uint64_t first = number(r.range.substr(6));
  if (first >= body.size())
    return simple("416 Range Not Satisfiable", "Content-Range: bytes */" + std::to_string(body.size()) + "\r\n", "");
  return simple("206 Partial Content",
                headers + "Content-Range: bytes " + std::to_string(first) + "-" + std::to_string(body.size() - 1) +
                    "/" + std::to_string(body.size()) + "\r\n",
                body.substr(first));
}

size_t body_start(const Answer& a) {
  return a.bytes.find("\r\n\r\n") + 4;
}

Answer cut_after(Answer a, size_t body_bytes) {
  const size_t keep = body_start(a) + body_bytes;
  if (keep < a.bytes.size()) {
    a.bytes.resize(keep);
    a.close = true;
  }
  return a;
}

Answer redirect(const std::string& to) {
  return simple("302 Found", "Location: " + to + "\r\n", "");
}

Answer raw(const std::string& bytes, const std::string& repeat = "") {
  Answer a;
  a.bytes = bytes;
  a.repeat = repeat;
  a.close = true;
  return a;
}

const std::string kPng = "image/png";
const std::string kZipEnd = std::string("PK\5\6", 4) + std::string(18, '\0');

/// Faults in what is sent.
Answer liar(const Request& r, int hit) {
  const std::string& kind = r.parts[0];
  const uint64_t n = r.parts.size() > 1 ? number(r.parts[1]) : 0;
  if (kind == "truncated")
    return cut_after(simple("200 OK", "Content-Type: image/png\r\n", served_picture(n)), served_picture(n).size() / 2);
  if (kind == "short-lie") {
    const std::string body = served_picture(n);
    return raw("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: " + std::to_string(body.size() / 2) +
               "\r\n\r\n" + body);
  }
  if (kind == "type-lie") return simple("200 OK", "Content-Type: image/png\r\n", "<html>no picture</html>");
  if (kind == "html") return simple("200 OK", "Content-Type: text/html; charset=utf-8\r\n", "<html>gone</html>");
  if (kind == "gzip")
    return simple("200 OK", "Content-Type: image/png\r\nContent-Encoding: gzip\r\n", "\x1f\x8b" + served_picture(n));
  if (kind == "empty") return simple("200 OK", "Content-Type: image/png\r\n", "");
  if (kind == "cut") return cut_after(file(r, "application/zip", served_bytes(n), "\"cut\""), 200'000);
  if (kind == "changing") {
    if (hit == 1) return cut_after(file(r, "application/zip", served_bytes(n), "\"one\""), n / 2);
    return file(r, "application/zip", served_bytes(n, 2), "\"two\"");
  }
  if (kind == "wrong-range") {
    Answer a = file(r, "application/zip", served_bytes(n), "\"w\"");
    if (hit == 1) return cut_after(a, n / 2);
    const size_t at =
        a.bytes.find("bytes " + std::to_string(number(r.range.substr(std::min<size_t>(6, r.range.size())))));
    if (at != std::string::npos && a.bytes.starts_with("HTTP/1.1 206"))
      a.bytes[at + 6] = a.bytes[at + 6] == '9' ? '8' : '9';
    return a;
  }
  return simple("404 Not Found", "", "");
}

/// Things without end.
Answer endless(const std::string& kind) {
  const std::string zeros(1 << 16, '\0');
  if (kind == "endless") return raw("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n", zeros);
  if (kind == "endless-chunks")
    return raw("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n",
               "10000\r\n" + zeros + "\r\n");
  if (kind == "endless-headers") return raw("HTTP/1.1 200 OK\r\n", "X-More: " + std::string(1000, 'a') + "\r\n");
  if (kind == "endless-error") return raw("HTTP/1.1 404 Not Found\r\n\r\n", zeros);
  Answer drip = raw("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n", "x");
  drip.pause_ms = 1000;
  return drip;
}

Answer flaky(const Request& r, int hit) {
  const uint64_t code = number(r.parts.at(1)), times = number(r.parts.at(2));
  if (static_cast<uint64_t>(hit) > times) return file(r, kPng, served_picture(number(r.parts.at(3))), "\"f\"");
  return simple(std::to_string(code) + " Later", code == 429 || code == 503 ? "Retry-After: 1\r\n" : "", "later");
}

Answer honest(const Request& r) {
  const std::string& kind = r.parts[0];
  const uint64_t n = r.parts.size() > 1 ? number(r.parts[1]) : 0;
  if (kind == "good" || kind == "slow") {
    Answer a = file(r, kPng, served_picture(n), "\"good-" + std::to_string(n) + "\"");
    if (kind == "slow") a.piece = 100, a.pause_ms = 20;
    return a;
  }
  if (kind == "big" || kind == "big-noetag") {
    Answer a = file(r, "application/zip", served_bytes(n), kind == "big" ? "\"big\"" : "");
    a.piece = 64 << 10;
    a.pause_ms = 1;
    return a;
  }
  if (kind == "zip" || kind == "cut-zip")
    return file(r, "application/zip", "PK\3\4" + served_bytes(1000, n) + (kind == "zip" ? kZipEnd : ""), "\"z\"");
  const int width = static_cast<int>(n), height = r.parts.size() > 2 ? static_cast<int>(number(r.parts[2])) : 0;
  return simple("200 OK", "Content-Type: image/jpeg\r\n", encode_jpeg(blocks(7, width, height)));
}

Answer answer_to(const Request& r, int hit) {
  const std::string kind = r.parts.empty() ? "" : r.parts[0];
  const uint64_t n = r.parts.size() > 1 ? number(r.parts[1]) : 0;
  if (kind == "good" || kind == "slow" || kind == "big" || kind == "big-noetag" || kind == "zip" || kind == "cut-zip" ||
      kind == "jpeg")
    return honest(r);
  if (kind == "status") return simple(std::to_string(n) + " Status", "Content-Type: image/png\r\n", "no");
  if (kind == "wait") return simple("429 Later", "Retry-After: " + std::to_string(n) + "\r\n", "");
  if (kind == "loop") return redirect("/loop/" + std::to_string((n + 1) % 3));
  if (kind == "far") return redirect(n == 0 ? "/good/77.png" : "/far/" + std::to_string(n - 1));
  if (kind == "redirect")
    return redirect(r.path.substr(std::strlen(r.path.find("://") == std::string::npos ? "/redirect" : "/redirect/")));
  if (kind == "flaky") return flaky(r, hit);
  if (kind.starts_with("endless") || kind == "drip") return endless(kind);
  if (kind == "garbage") return raw("220 mail.example ESMTP\r\n");
  Answer a;
  a.reset = kind == "reset";
  a.hang = kind == "hang";
  return a.reset || a.hang ? a : liar(r, hit);
}

struct Connection {
  int fd = -1;
  std::string in;
  Answer answer;
  bool answering = false;
  size_t sent = 0;
  Clock::time_point next{};
};

class Server {
 public:
  explicit Server(int listener) : listener_(listener) {}

  [[noreturn]] void run() {
    for (;;) {
      std::vector<pollfd> fds{{listener_, POLLIN, 0}};
      int timeout = 1000;
      const auto now = Clock::now();
      for (const Connection& c : connections_) {
        const bool due = c.next <= now;
        if (c.answering && !due)
          timeout = std::min<int>(
              timeout,
              static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(c.next - now).count()) + 1);
        fds.push_back({c.fd, static_cast<short>(c.answering ? (due && !c.answer.hang ? POLLOUT : 0) : POLLIN), 0});
      }
      ::poll(fds.data(), fds.size(), timeout);
      size_t i = 1;
      for (auto c = connections_.begin(); c != connections_.end(); ++i) {
        const bool alive = fds[i].revents == 0 || step(*c, fds[i].revents);
        if (!alive) ::close(c->fd);
        c = alive ? std::next(c) : connections_.erase(c);
      }
      if (fds[0].revents & POLLIN) accept_one();
    }
  }

 private:
  void accept_one() {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    const int yes = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    connections_.emplace_back();
    connections_.back().fd = fd;
  }

  /// False when the connection is over.
  bool step(Connection& c, short events) {
    if (events & (POLLERR | POLLHUP | POLLNVAL)) return false;
    return c.answering ? send_more(c) : read_more(c);
  }

  bool read_more(Connection& c) {
    char block[4096];
    const ssize_t n = ::read(c.fd, block, sizeof block);
    if (n <= 0) return n < 0 && errno == EAGAIN;
    c.in.append(block, static_cast<size_t>(n));
    const size_t end = c.in.find("\r\n\r\n");
    if (end == std::string::npos) return c.in.size() < 65536;
    const Request r = parse(c.in.substr(0, end + 2));
    c.in.erase(0, end + 4);
    c.answer = r.path == "/hits" ? simple("200 OK", "Content-Type: application/json\r\n", Json(hits_).dump())
                                 : answer_to(r, ++hits_[r.path]);
    c.answering = true;
    c.sent = 0;
    c.next = Clock::now();
    if (!c.answer.reset) return true;
    const linger hard{1, 0};
    ::setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    return false;
  }

  bool send_more(Connection& c) {
    const Answer& a = c.answer;
    while (c.sent >= a.bytes.size() && a.repeat.empty()) {
      if (a.close) return false;
      c.answering = false;
      return true;
    }
    const bool first = c.sent < a.bytes.size();
    const std::string& from = first ? a.bytes : a.repeat;
    const size_t at = first ? c.sent : (c.sent - a.bytes.size()) % a.repeat.size();
    const ssize_t n = ::send(c.fd, from.data() + at, std::min(a.piece, from.size() - at), MSG_NOSIGNAL);
    if (n <= 0) return n < 0 && errno == EAGAIN;
    c.sent += static_cast<size_t>(n);
    c.next = Clock::now() + std::chrono::milliseconds(a.pause_ms);
    return true;
  }

  static Request parse(const std::string& head) {
    Request r;
    const size_t from = head.find(' ') + 1;
    r.path = head.substr(from, head.find(' ', from) - from);
    r.parts = split_path(r.path.substr(0, r.path.find('?')));
    const auto header = [&](const std::string& name) {
      const size_t at = head.find("\r\n" + name + ": ");
      if (at == std::string::npos) return std::string();
      const size_t start = at + name.size() + 4;
      return head.substr(start, head.find("\r\n", start) - start);
    };
    r.range = header("Range");
    r.if_range = header("If-Range");
    return r;
  }

  int listener_;
  std::list<Connection> connections_;
  std::map<std::string, int> hits_;
};

}  // namespace

std::string served_picture(uint64_t n) {
  return encode_png(blocks(n + 1));
}

std::string served_bytes(uint64_t size, uint64_t version) {
  std::string bytes(size, '\0');
  for (uint64_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 2654435761u >> 13) + version * 31 + i / 251);
  return bytes;
}

int listen_on_loopback(int& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  socklen_t size = sizeof address;
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd, 128) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw EnvironmentError("test", "expected a socket on the loopback, got: {}", std::strerror(errno));
  port = ntohs(address.sin_port);
  return fd;
}

void serve_hostile(int listener) {
  ::signal(SIGPIPE, SIG_IGN);
  Server(listener).run();
}

HostileServer::HostileServer() {
  const int listener = listen_on_loopback(port_);
  child_ = ::fork();
  if (child_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve_hostile(listener);
  }
  ::close(listener);
}

HostileServer::~HostileServer() {
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

std::string HostileServer::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

std::map<std::string, int> HostileServer::hits() const {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port_));
  std::string text;
  const std::string request = "GET /hits HTTP/1.1\r\n\r\n";
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      ::write(fd, request.data(), request.size()) > 0) {
    ::shutdown(fd, SHUT_WR);
    char block[4096];
    for (ssize_t n = 0; (n = ::read(fd, block, sizeof block)) > 0;) text.append(block, static_cast<size_t>(n));
  }
  ::close(fd);
  const size_t body = text.find("\r\n\r\n");
  return Json::parse(text.substr(body + 4)).get<std::map<std::string, int>>();
}

}  // namespace sensorium::test
