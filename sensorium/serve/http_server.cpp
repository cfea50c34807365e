// Longer to compile than all else here: the one source that instantiates Beast.
#include "sensorium/serve/http_server.h"

#include "sensorium/base/error.h"
#include "sensorium/base/log.h"
#include "sensorium/serve/http_connection.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <csignal>

namespace sensorium {
namespace {

using asio::ip::tcp;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

std::string new_request_id() {
  static std::atomic<uint64_t> count{0};
  static const auto start = static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  return fmt::format("{:012x}{:08x}", start >> 12 & 0xFFFFFFFFFFFF, count.fetch_add(1));
}

asio::ssl::context tls_context(const HttpServerOptions& options) {
  asio::ssl::context context(asio::ssl::context::tls_server);
  if (options.certificate.empty()) return context;
  ErrorCode error;
  context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                      asio::ssl::context::no_tlsv1_1);
  context.use_certificate_chain_file(options.certificate, error);
  if (error)
    throw InputError("serve", "{}: expected a certificate chain in PEM, got: {}", options.certificate, error.message());
  context.use_private_key_file(options.private_key, asio::ssl::context::pem, error);
  if (error)
    throw InputError("serve", "{}: expected the certificate's key in PEM, got: {}", options.private_key,
                     error.message());
  return context;
}

}  // namespace

HttpRequest take_head(const http::request<http::string_body>& from, const std::string& client) {
  HttpRequest to;
  to.client = client;
  to.id = new_request_id();
  to.method = std::string(from.method_string());
  for (const auto& field : from) {
    std::string name(field.name_string());
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    to.headers.emplace(std::move(name), std::string(field.value()));
  }
  const std::string target(from.target());
  const size_t question = std::min(target.find('?'), target.size());
  to.path = target.substr(0, question);
  if (!to.path.starts_with('/')) throw ApiError(400, "expected a path that begins with /, got another", "bad_address");
  if (question < target.size()) to.query = parse_query(std::string_view(target).substr(question + 1));
  return to;
}

int status_of(const ErrorCode& error) {
  if (error == http::error::header_limit) return 431;
  if (error == http::error::body_limit) return 413;
  if (error == http::error::end_of_stream || error == http::error::partial_message) return 0;
  static const auto& category = make_error_code(http::error::end_of_stream).category();
  return error.category() == category ? 400 : 0;
}

struct HttpServer::State {
  State(const HttpServerOptions& options, HttpApplication& application)
      : shared(std::make_shared<ConnectionShared>(options, application)),
        tls(tls_context(options)),
        acceptor(io),
        signals(io),
        drain_timer(io) {}

  void listen();
  asio::awaitable<void> accept();
  asio::awaitable<void> talk(tcp::socket socket);
  asio::awaitable<void> watch_signals();
  void drain();

  asio::io_context io{1};
  std::shared_ptr<ConnectionShared> shared;
  asio::ssl::context tls;
  tcp::acceptor acceptor;
  asio::signal_set signals;
  asio::steady_timer drain_timer;
};

void HttpServer::State::listen() {
  const HttpServerOptions& o = shared->options;
  ErrorCode error;
  const auto address = asio::ip::make_address(o.host, error);
  if (error) throw UsageError("serve", "expected an IP address as --host, got \"{}\"", o.host);
  const tcp::endpoint endpoint(address, static_cast<uint16_t>(o.port));
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(1024, error);
  if (error)
    throw EnvironmentError("serve", "expected to listen on {} port {}, got: {}", o.host, o.port, error.message());
}

asio::awaitable<void> HttpServer::State::accept() {
  while (!shared->draining) {
    ErrorCode error;
    tcp::socket socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted || shared->draining) co_return;
    if (error) {  // no file descriptors left, most likely: connections that end give some back
      asio::steady_timer pause(io, std::chrono::milliseconds(100));
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    if (shared->connections >= shared->options.max_connections) {
      shared->application.refused("connections");
      socket.close(error);
      continue;
    }
    asio::co_spawn(io, talk(std::move(socket)), asio::detached);
  }
}

asio::awaitable<void> HttpServer::State::talk(tcp::socket socket) {
  const auto kept = shared;
  ++kept->connections;
  try {
    ErrorCode error;
    const auto peer = socket.remote_endpoint(error);
    const std::string client = error ? std::string() : peer.address().to_string();
    socket.set_option(tcp::no_delay(true), error);
    if (shared->options.certificate.empty()) {
      Connection<beast::tcp_stream> connection(beast::tcp_stream(std::move(socket)), shared, client);
      co_await connection.converse();
    } else {
      Connection<TlsStream> connection(TlsStream(std::move(socket), tls), shared, client);
      beast::get_lowest_layer(connection.stream()).expires_after(milliseconds_of(shared->options.header_timeout_s));
      error = {};
      co_await connection.stream().async_handshake(asio::ssl::stream_base::server,
                                                   asio::redirect_error(asio::use_awaitable, error));
      if (!error) co_await connection.converse();
    }
  } catch (const std::exception& e) {  // no memory left; the others go on
    spdlog::error("connection: {}", e.what());
  }
  --kept->connections;
}

asio::awaitable<void> HttpServer::State::watch_signals() {
  while (true) {
    ErrorCode error;
    const int signal = co_await signals.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    if (signal == SIGHUP) {
      asio::post(shared->pool, [kept = shared] { kept->application.reload(); });
      continue;
    }
    drain();
    co_return;
  }
}

/// Takes no more; what is at work ends, or is told that nobody waits any more.
void HttpServer::State::drain() {
  if (shared->draining) return;
  shared->draining = true;
  shared->application.draining();
  ErrorCode ignored;
  acceptor.close(ignored);
  signals.cancel(ignored);
  for (const auto& end : std::list(shared->idle)) end();
  drain_timer.expires_after(milliseconds_of(shared->options.drain_s));
  drain_timer.async_wait([this](const ErrorCode& error) {
    if (error) return;
    for (const auto& exchange : shared->exchanges) exchange->gone.request_stop();
    io.stop();
  });
  asio::co_spawn(
      io,
      [this]() -> asio::awaitable<void> {  // ends the wait as soon as nobody is left
        asio::steady_timer look(io);
        while (shared->connections > 0) {
          ErrorCode error;
          look.expires_after(std::chrono::milliseconds(20));
          co_await look.async_wait(asio::redirect_error(asio::use_awaitable, error));
        }
        drain_timer.cancel();
      },
      asio::detached);
}

HttpServer::HttpServer(const HttpServerOptions& options, HttpApplication& application)
    : state_(std::make_unique<State>(options, application)) {
  state_->listen();
}

HttpServer::~HttpServer() {
  for (const auto& exchange : state_->shared->exchanges) exchange->gone.request_stop();
  state_->shared->pool.join();
}

int HttpServer::port() const {
  return state_->acceptor.local_endpoint().port();
}

void HttpServer::run() {
  State& s = *state_;
  if (s.shared->options.signals) {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) s.signals.add(signal);
    asio::co_spawn(s.io, s.watch_signals(), asio::detached);
  }
  asio::co_spawn(s.io, s.accept(), asio::detached);
  s.io.run();
  for (const auto& exchange : s.shared->exchanges) exchange->gone.request_stop();
  s.shared->pool.join();
}

void HttpServer::stop() {
  asio::post(state_->io, [s = state_.get()] { s->drain(); });
}

}  // namespace sensorium
