#pragma once
// Inside the server: the conversation with one client, a coroutine on the input/output thread, over TCP or TLS. Longer
// than most: one class, whose steps share the stream and its buffer.

#include "sensorium/serve/http_exchange.h"

#include <utility>

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace sensorium {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using ErrorCode = boost::system::error_code;

/// The head of Beast's request as ours. Throws ApiError 400.
HttpRequest take_head(const http::request<http::string_body>& from, const std::string& client);
/// The status a request that could not be read is answered with; 0: with nothing.
int status_of(const ErrorCode& error);

inline std::chrono::milliseconds milliseconds_of(double seconds) {
  return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
}

template <class Stream>
class Connection {
 public:
  Connection(Stream stream, std::shared_ptr<ConnectionShared> shared, std::string client)
      : stream_(std::move(stream)), shared_(std::move(shared)), client_(std::move(client)) {}

  Stream& stream() { return stream_; }

  /// Until either side ends it.
  asio::awaitable<void> converse() {
    bool goes_on = true;
    while (goes_on && !shared_->draining) {
      const bool there = co_await wait_for_request();
      if (!there) co_return;
      goes_on = co_await serve_one();
    }
    close();
  }

 private:
  using Parser = http::request_parser<http::string_body>;
  static constexpr size_t kDiscarded = 1 << 20;  // bytes of a refused request's body that are read away

  auto& socket() { return beast::get_lowest_layer(stream_).socket(); }
  void expire(double seconds) { beast::get_lowest_layer(stream_).expires_after(milliseconds_of(seconds)); }
  void close() {
    ErrorCode ignored;
    socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
    socket().close(ignored);
  }

  /// False when the connection ended first.
  asio::awaitable<bool> wait_for_request() {
    if (buffer_.size() > 0) co_return true;
    const auto place = shared_->idle.insert(shared_->idle.end(), [this] { close(); });
    expire(shared_->options.idle_timeout_s);
    ErrorCode error;
    const auto space = buffer_.prepare(4096);
    const size_t n = co_await stream_.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
    shared_->idle.erase(place);
    buffer_.commit(n);
    co_return !error;
  }

  /// Reads a request and answers it; false when the connection is to end.
  asio::awaitable<bool> serve_one() {
    Parser parser;
    parser.header_limit(static_cast<uint32_t>(shared_->options.max_header_bytes));
    parser.body_limit(shared_->options.max_body_bytes);
    expire(shared_->options.header_timeout_s);
    ErrorCode error;
    co_await http::async_read_header(stream_, buffer_, parser, asio::redirect_error(asio::use_awaitable, error));
    const auto exchange = std::make_shared<Exchange>(stream_.get_executor());
    exchange->request.client = client_;
    if (error) {
      const bool answered = co_await refuse_unreadable(exchange, error);
      co_return answered;
    }
    version_ = parser.get().version();
    keep_alive_ = parser.get().keep_alive();
    bool light = false;
    HttpResponse refusal;
    refusal.status = 0;
    try {
      exchange->request = take_head(parser.get(), client_);
      light = shared_->application.admit(exchange->request);
      if (!light) check_load(*exchange);  // before the body is taken in for nothing
      reserve_body(*exchange, parser);
    } catch (const ApiError& e) {
      refusal = error_response(e);
    }
    if (refusal.status != 0) {
      const size_t follows = parser.is_done() ? 0 : parser.content_length().value_or(parser.chunked() ? SIZE_MAX : 0);
      const bool waits = beast::iequals(parser.get()[http::field::expect], "100-continue");
      if (follows > kDiscarded || (follows > 0 && waits)) keep_alive_ = false;
      began_ = RequestContext::Clock::now();
      co_await send(*exchange, refusal);
      if (keep_alive_ && follows > 0) co_await discard(follows);
      if (!keep_alive_) co_await drain_client();
      co_return keep_alive_;
    }
    error = co_await read_body(parser);
    if (error) {
      const bool answered = co_await refuse_unreadable(exchange, error);
      co_return answered;
    }
    exchange->request.body = std::move(parser.get().body());
    const bool goes_on = co_await answer(exchange, light);
    co_return goes_on;
  }

  void reserve_body(Exchange& exchange, Parser& parser) {
    const bool chunked = parser.chunked();
    const size_t length = chunked ? shared_->options.max_body_bytes : parser.content_length().value_or(0);
    if (length > shared_->options.max_body_bytes)
      throw ApiError(413,
                     "expected a body of at most " + std::to_string(shared_->options.max_body_bytes) + " bytes, got " +
                         std::to_string(length),
                     "body_too_large");
    exchange.budget = shared_->budget.take(length);
    if (exchange.budget) return;
    shared_->application.refused("memory");
    ApiError error(429, "expected room for the body, got a server that holds as many as it may; try again later",
                   "busy");
    error.retry_after_s = 1;
    throw error;
  }

  /// Reads a refused request's body of this size away, so that the client need not connect again.
  asio::awaitable<void> discard(size_t bytes) {
    ErrorCode error;
    expire(shared_->options.body_timeout_s);
    while (true) {
      const size_t there = std::min(buffer_.size(), bytes);
      buffer_.consume(there);
      bytes -= there;
      if (bytes == 0) co_return;
      const auto space = buffer_.prepare(std::min<size_t>(bytes, 64 << 10));
      buffer_.commit(co_await stream_.async_read_some(space, asio::redirect_error(asio::use_awaitable, error)));
      if (error) break;
    }
    keep_alive_ = false;
  }

  asio::awaitable<ErrorCode> read_body(Parser& parser) {
    ErrorCode error;
    expire(shared_->options.body_timeout_s);
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      http::response<http::empty_body> go_on{http::status::continue_, 11};
      co_await http::async_write(stream_, go_on, asio::redirect_error(asio::use_awaitable, error));
    }
    if (!error && !parser.is_done())
      co_await http::async_read(stream_, buffer_, parser, asio::redirect_error(asio::use_awaitable, error));
    co_return error;
  }

  /// Always false: the connection is to end.
  asio::awaitable<bool> refuse_unreadable(std::shared_ptr<Exchange> exchange, ErrorCode error) {
    const int status = status_of(error);
    if (error == beast::error::timeout) shared_->application.refused("slow");
    if (status != 0) {
      keep_alive_ = false;
      began_ = RequestContext::Clock::now();
      const HttpResponse response =
          error_response(ApiError(status,
                                  status == 413   ? "expected a smaller body"
                                  : status == 431 ? "expected smaller headers"
                                                  : "expected a request as HTTP/1.1 has them, got: " + error.message(),
                                  status == 413 ? "body_too_large" : "bad_request"));
      co_await send(*exchange, response);
      co_await drain_client();
    }
    co_return false;
  }

  asio::awaitable<bool> answer(std::shared_ptr<Exchange> exchange, bool light) {
    began_ = RequestContext::Clock::now();
    exchange->context.gone = exchange->gone.get_token();
    exchange->context.deadline = began_ + std::chrono::duration_cast<RequestContext::Clock::duration>(
                                              std::chrono::duration<double>(shared_->options.deadline_s));
    if (light) {
      exchange->work(shared_->application);
    } else if (!is_admitted(*exchange)) {
      exchange->budget.reset();
    } else {
      ++shared_->active;
      shared_->exchanges.insert(exchange);
      asio::post(shared_->pool, [exchange, shared = shared_] { exchange->work(shared->application); });
      co_await wait_for_answer(*exchange);
      const bool streamed = exchange->begun;
      if (streamed) co_await send_stream(*exchange);
      --shared_->active;
      shared_->exchanges.erase(exchange);
      if (streamed) co_return keep_alive_;
    }
    if (exchange->client_gone) {
      finished(*exchange, 499, 0);
      co_return false;
    }
    co_await send(*exchange, exchange->response);
    co_return keep_alive_;
  }

  /// Throws ApiError 429 where the server is too busy to begin.
  void check_load(const Exchange& exchange) {
    if (shared_->active >= shared_->options.max_requests) {
      shared_->application.refused("requests");
      ApiError error(429, "expected fewer requests at once; try again later", "busy");
      error.retry_after_s = 1;
      throw error;
    }
    shared_->application.check_load(exchange.request, shared_->active);
  }

  /// False where the server has become too busy while the body came; the response is then a refusal.
  bool is_admitted(Exchange& exchange) {
    try {
      check_load(exchange);
      return true;
    } catch (const ApiError& e) {
      exchange.response = error_response(e);
      return false;
    }
  }

  /// Until there is something to send. Tells the handler when the client has gone.
  asio::awaitable<void> wait_for_answer(Exchange& exchange) {
    while (true) {
      {
        std::lock_guard lock(exchange.mutex);
        if (exchange.finished || !exchange.chunks.empty()) co_return;
      }
      ErrorCode ignored;
      exchange.timer.expires_after(std::chrono::milliseconds(100));
      co_await exchange.timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      if (client_is_gone()) exchange.gone.request_stop();
    }
  }

  /// The other side has closed, whatever it still may have sent.
  bool client_is_gone() {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (!socket().is_open() || ::getsockopt(socket().native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
      return true;
    return info.tcpi_state != TCP_ESTABLISHED;
  }

  template <class Body>
  void fill_head(Exchange& exchange, const HttpResponse& from, http::response<Body>& to) {
    to.result(static_cast<unsigned>(from.status));
    to.version(version_);
    if (!from.type.empty()) to.set(http::field::content_type, from.type);
    for (const auto& [name, value] : from.headers) to.set(name, value);
    for (const auto& [name, value] : shared_->application.headers_for(exchange.request)) to.set(name, value);
    if (!exchange.request.id.empty()) to.set("X-Request-Id", exchange.request.id);
    to.set("X-Content-Type-Options", "nosniff");
    if (shared_->draining) keep_alive_ = false;
    to.keep_alive(keep_alive_);
  }

  asio::awaitable<void> send(Exchange& exchange, const HttpResponse& from) {
    http::response<http::string_body> to;
    fill_head(exchange, from, to);
    to.body() = from.body;
    if (from.status != 204) to.prepare_payload();  // RFC 9110, section 8.6
    http::response_serializer<http::string_body> serializer(to);
    ErrorCode error;
    size_t sent = 0;
    expire(shared_->options.body_timeout_s);
    if (exchange.request.method == "HEAD") {  // the head as it would be
      sent = co_await http::async_write_header(stream_, serializer, asio::redirect_error(asio::use_awaitable, error));
    } else {
      sent = co_await http::async_write(stream_, serializer, asio::redirect_error(asio::use_awaitable, error));
    }
    if (error) keep_alive_ = false;
    finished(exchange, error ? 499 : from.status, sent);
  }

  /// Chunks (RFC 9112, section 7.1) as they come; to a client of HTTP/1.0 until the connection ends.
  asio::awaitable<void> send_stream(Exchange& exchange) {
    http::response<http::empty_body> head;
    const bool chunked = version_ >= 11;
    if (!chunked) keep_alive_ = false;
    fill_head(exchange, exchange.response, head);
    if (chunked) head.chunked(true);
    http::response_serializer<http::empty_body> serializer(head);
    ErrorCode error;
    size_t sent = 0;
    expire(shared_->options.body_timeout_s);
    sent += co_await http::async_write_header(stream_, serializer, asio::redirect_error(asio::use_awaitable, error));
    for (bool more = true; more;) {
      std::list<std::string> pieces;
      {
        std::lock_guard lock(exchange.mutex);
        pieces.swap(exchange.chunks);
        more = !exchange.finished;
      }
      for (const std::string& piece : pieces) {
        if (error) break;
        const std::string framed = chunked ? frame(piece) : piece;
        expire(shared_->options.body_timeout_s);
        sent +=
            co_await asio::async_write(stream_, asio::buffer(framed), asio::redirect_error(asio::use_awaitable, error));
      }
      if (error) exchange.gone.request_stop();
      if (more) co_await wait_for_answer(exchange);
    }
    const std::string last = chunked ? "0\r\n\r\n" : "";
    if (!error)
      sent += co_await asio::async_write(stream_, asio::buffer(last), asio::redirect_error(asio::use_awaitable, error));
    if (error) keep_alive_ = false;
    finished(exchange, error || exchange.client_gone ? 499 : exchange.response.status, sent);
  }

  static std::string frame(const std::string& piece) {
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
    return size + piece + "\r\n";
  }

  void finished(Exchange& exchange, int status, size_t bytes) {
    const double seconds = std::chrono::duration<double>(RequestContext::Clock::now() - began_).count();
    shared_->application.finished(exchange.request, status, bytes, seconds);
  }

  /// Reads away what the client still sends, for a moment: closing at once would take the answer from it too.
  asio::awaitable<void> drain_client() {
    ErrorCode error;
    socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
    expire(2);
    buffer_.clear();
    error = {};
    for (size_t taken = 0; !error && taken < (size_t{64} << 20);) {
      const auto space = buffer_.prepare(64 << 10);
      taken += co_await beast::get_lowest_layer(stream_).async_read_some(
          space, asio::redirect_error(asio::use_awaitable, error));
    }
  }

  Stream stream_;
  std::shared_ptr<ConnectionShared> shared_;
  std::string client_;
  beast::flat_buffer buffer_;
  unsigned version_ = 11;
  bool keep_alive_ = false;
  RequestContext::Clock::time_point began_;
};

}  // namespace sensorium
