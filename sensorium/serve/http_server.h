#pragma once
// HTTP/1.1 over TCP and TLS (Boost.Beast): connections, limits and time-outs. What is answered is the application's.

#include "sensorium/serve/http_message.h"

#include <memory>

namespace sensorium {

/// Called from several threads at once, but for `admit`.
class HttpApplication {
 public:
  virtual ~HttpApplication() = default;
  /// Looks at a request whose body has not been read. Throws ApiError to refuse it. Returns whether it is answered at
  /// once, on the thread that reads: it must not take long then.
  virtual bool admit(HttpRequest& head) = 0;
  /// Throws ApiError 429 when it is better not to begin, with `at_work` requests at work already; at once.
  virtual void check_load(const HttpRequest& request, size_t at_work) = 0;
  /// Throws ApiError, and ClientGone when nobody waits for the answer.
  virtual HttpResponse answer(const HttpRequest& request, const RequestContext& context) = 0;
  /// Headers that go with every answer to this request.
  virtual std::vector<std::pair<std::string, std::string>> headers_for(const HttpRequest& request) = 0;
  /// After an answer was sent; status 499: the client had gone before.
  virtual void finished(const HttpRequest& request, int status, size_t bytes, double seconds) = 0;
  /// Of a connection or request that was refused before it was one: "connections", "slow", ...
  virtual void refused(const std::string& reason) = 0;
  /// The drain has begun.
  virtual void draining() = 0;
  /// SIGHUP.
  virtual void reload() = 0;
};

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  int port = 0;                          // 0: any that is free
  std::string certificate, private_key;  // PEM files; TLS where both are given
  size_t max_connections = 1024, max_requests = 192;
  size_t max_header_bytes = 16 << 10, max_body_bytes = 20 << 20, max_bodies_bytes = 512 << 20;
  double header_timeout_s = 10, body_timeout_s = 30, idle_timeout_s = 75, deadline_s = 30, drain_s = 20;
  bool signals = true;  // SIGTERM and SIGINT drain, SIGHUP reloads
};

class HttpServer {
 public:
  /// Listens. Throws EnvironmentError when the address cannot be had, InputError for a certificate that cannot be read.
  HttpServer(const HttpServerOptions& options, HttpApplication& application);
  ~HttpServer();
  int port() const;
  /// Serves until a signal or stop(), then takes no more, ends what is at work (at most drain_s) and returns.
  void run();
  /// Thread-safe.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sensorium
