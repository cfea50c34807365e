#pragma once
// Inside the server: one request on its way through a thread of its own, and what connections share.

#include "sensorium/serve/http_server.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <list>
#include <mutex>
#include <set>

namespace sensorium {

/// A part of the memory that bodies may take, given back when it goes.
class BodyBudget {
 public:
  explicit BodyBudget(size_t bytes) : left_(static_cast<int64_t>(bytes)) {}
  std::shared_ptr<void> take(size_t bytes) {
    const auto n = static_cast<int64_t>(bytes);
    if (left_.fetch_sub(n) < n) {
      left_.fetch_add(n);
      return nullptr;
    }
    return std::shared_ptr<void>(this, [n](void* self) { static_cast<BodyBudget*>(self)->left_.fetch_add(n); });
  }

 private:
  std::atomic<int64_t> left_;
};

/// A request at work: the handler's thread fills it, the connection empties it.
struct Exchange : std::enable_shared_from_this<Exchange> {
  explicit Exchange(const boost::asio::any_io_executor& executor) : timer(executor) {}
  HttpRequest request;
  std::shared_ptr<void> budget;
  RequestContext context;
  std::stop_source gone;
  boost::asio::steady_timer timer;  // of the connection's thread; cancelled to wake it

  std::mutex mutex;  // of all below
  HttpResponse response;
  std::list<std::string> chunks;
  bool begun = false;  // a stream: the response's head may be sent
  bool finished = false, client_gone = false;

  void wake() {
    boost::asio::post(timer.get_executor(), [self = shared_from_this()] { self->timer.cancel(); });
  }
  /// On the handler's thread.
  void work(HttpApplication& application);
};

/// What all connections of a server share. Used by its one input/output thread, but for the budget and the pool.
struct ConnectionShared {
  ConnectionShared(const HttpServerOptions& o, HttpApplication& a)
      : options(o), application(a), budget(o.max_bodies_bytes), pool(o.max_requests) {}
  const HttpServerOptions options;
  HttpApplication& application;
  BodyBudget budget;
  size_t connections = 0, active = 0;
  bool draining = false;
  std::list<std::function<void()>> idle;  // how to end each connection that waits for a request
  std::set<std::shared_ptr<Exchange>> exchanges;
  boost::asio::thread_pool pool;
};

}  // namespace sensorium
