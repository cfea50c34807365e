#pragma once
// A client that sends whatever bytes it likes.

#include <string>

namespace sensorium::test {

class RawClient {
 public:
  explicit RawClient(int port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  /// False when the other side has closed.
  bool send(std::string_view bytes);
  void half_close();
  /// One answer with its body, as its Content-Length or chunks say; what there is when the connection ends or `wait_s`
  /// passes first.
  std::string receive(double wait_s = 10);
  /// Whether the other side ends the connection in that time.
  bool ends_within(double wait_s);

 private:
  bool fill(double wait_s);
  int socket_ = -1;
  std::string buffer_;
};

/// A request with a Content-Length.
std::string http_post(const std::string& path, const std::string& body, const std::string& headers = "");
/// 200 of "HTTP/1.1 200 OK..."; 0 where there is none.
int status_in(const std::string& answer);
/// What follows the head.
std::string body_in(const std::string& answer);

}  // namespace sensorium::test
