#include "tests/serve/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>

namespace sensorium::test {

RawClient::RawClient(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("no connection");
}

RawClient::~RawClient() {
  ::close(socket_);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

void RawClient::half_close() {
  ::shutdown(socket_, SHUT_WR);
}

bool RawClient::fill(double wait_s) {
  pollfd p{socket_, POLLIN, 0};
  if (::poll(&p, 1, static_cast<int>(wait_s * 1000)) <= 0) return false;
  char bytes[65536];
  const ssize_t n = ::recv(socket_, bytes, sizeof bytes, 0);
  if (n <= 0) return false;
  buffer_.append(bytes, static_cast<size_t>(n));
  return true;
}

std::string RawClient::receive(double wait_s) {
  const auto take = [&](size_t n) {
    std::string answer = buffer_.substr(0, n);
    buffer_.erase(0, answer.size());
    return answer;
  };
  size_t head = 0;
  while ((head = buffer_.find("\r\n\r\n")) == std::string::npos)
    if (!fill(wait_s)) return take(buffer_.size());
  head += 4;
  if (buffer_.substr(0, head).find("chunked") != std::string::npos) {
    size_t end = 0;
    while ((end = buffer_.find("\r\n0\r\n\r\n", head - 2)) == std::string::npos)
      if (!fill(wait_s)) return take(buffer_.size());
    return take(end + 7);
  }
  const size_t at = buffer_.find("Content-Length: ");
  const size_t length = at < head ? static_cast<size_t>(std::atoll(buffer_.c_str() + at + 16)) : 0;
  while (buffer_.size() < head + length)
    if (!fill(wait_s)) return take(buffer_.size());
  return take(head + length);
}

bool RawClient::ends_within(double wait_s) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(wait_s);
  while (std::chrono::steady_clock::now() < until) {
    pollfd p{socket_, POLLIN, 0};
    if (::poll(&p, 1, 20) <= 0) continue;
    char bytes[4096];
    if (::recv(socket_, bytes, sizeof bytes, 0) <= 0) return true;
  }
  return false;
}

std::string http_post(const std::string& path, const std::string& body, const std::string& headers) {
  return "POST " + path + " HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

int status_in(const std::string& answer) {
  return answer.starts_with("HTTP/1.") && answer.size() > 12 ? std::atoi(answer.c_str() + 9) : 0;
}

std::string body_in(const std::string& answer) {
  const size_t at = answer.find("\r\n\r\n");
  return at == std::string::npos ? "" : answer.substr(at + 4);
}

}  // namespace sensorium::test
