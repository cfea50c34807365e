// The server against clients good and bad, without any model.

#include "sensorium/serve/http_server.h"

#include "sensorium/base/error.h"
#include "tests/serve/raw_client.h"

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

using namespace sensorium;
using namespace sensorium::test;
using namespace std::chrono_literals;

namespace {

/// /echo answers with the body, /wait until the client goes or the time is over, /stream in pieces, /fault breaks.
class Echo : public HttpApplication {
 public:
  bool admit(HttpRequest& head) override {
    if (head.path == "/refused") throw ApiError(401, "expected a key, got none", "missing_api_key");
    return head.path == "/light";
  }
  void check_load(const HttpRequest&, size_t) override {}
  HttpResponse answer(const HttpRequest& request, const RequestContext& context) override {
    if (request.path == "/wait") {
      ++waiting;
      try {
        while (true) {
          context.check();
          std::this_thread::sleep_for(1ms);
        }
      } catch (const ClientGone&) {
        ++gone;
        throw;
      }
    }
    if (request.path == "/fault") throw std::runtime_error("something");
    HttpResponse response;
    response.type = "text/plain";
    response.body = request.body;
    if (request.path == "/stream")
      response.stream = [](const ChunkWriter& write) {
        for (const char* piece : {"one ", "two ", "three"}) {
          write(piece);
          std::this_thread::sleep_for(2ms);
        }
      };
    if (request.path == "/stream-late-fault")
      response.stream = [](const ChunkWriter&) { throw ApiError(429, "expected less", "busy"); };
    return response;
  }
  std::vector<std::pair<std::string, std::string>> headers_for(const HttpRequest&) override { return {}; }
  void finished(const HttpRequest&, int status, size_t, double) override {
    std::lock_guard lock(mutex);
    ++statuses[status];
  }
  void refused(const std::string& reason) override {
    std::lock_guard lock(mutex);
    ++refusals[reason];
  }
  void draining() override {}
  void reload() override {}
  int refusals_of(const std::string& reason) {
    std::lock_guard lock(mutex);
    return refusals[reason];
  }
  std::atomic<int> waiting{0}, gone{0};
  std::mutex mutex;
  std::map<int, int> statuses;
  std::map<std::string, int> refusals;
};

struct Running {
  explicit Running(HttpServerOptions o = {}) {
    o.signals = false;
    server = std::make_unique<HttpServer>(o, echo);
    port = server->port();
    thread = std::thread([this] { server->run(); });
  }
  ~Running() {
    server->stop();
    thread.join();
  }
  std::string ask(const std::string& request) const {
    RawClient client(port);
    client.send(request);
    return client.receive();
  }
  Echo echo;
  std::unique_ptr<HttpServer> server;
  int port = 0;
  std::thread thread;
};

}  // namespace

TEST_CASE("requests one after the other on one connection, also sent all at once") {
  Running s;
  RawClient client(s.port);
  for (int i = 0; i < 3; ++i) {
    client.send(http_post("/echo", "number " + std::to_string(i)));
    const std::string answer = client.receive();
    CHECK(status_in(answer) == 200);
    CHECK(body_in(answer) == "number " + std::to_string(i));
    CHECK(answer.find("X-Request-Id: ") != std::string::npos);
  }
  client.send(http_post("/echo", "a") + http_post("/light", "b") + http_post("/echo", "c"));
  for (const char* body : {"a", "b", "c"}) CHECK(body_in(client.receive()) == body);
}

TEST_CASE("a chunked body, Expect: 100-continue, HEAD, and Connection: close") {
  Running s;
  RawClient client(s.port);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  CHECK(body_in(client.receive()) == "abcde");
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(status_in(client.receive()) == 100);
  client.send("hi");
  CHECK(body_in(client.receive()) == "hi");
  client.send("GET /light HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK(status_in(client.receive()) == 200);
  CHECK(client.ends_within(2));
}

TEST_CASE("an answer in pieces; what fails before its first piece is an error like any other") {
  Running s;
  RawClient client(s.port);
  client.send(http_post("/stream", ""));
  const std::string answer = client.receive();
  CHECK(answer.find("Transfer-Encoding: chunked") != std::string::npos);
  CHECK(body_in(answer) == "4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n");
  client.send(http_post("/stream-late-fault", ""));
  CHECK(status_in(client.receive()) == 429);
  client.send(http_post("/echo", "still here"));
  CHECK(body_in(client.receive()) == "still here");
}

TEST_CASE("an unknown fault is 500 without its text, and the server goes on") {
  Running s;
  RawClient client(s.port);
  client.send(http_post("/fault", ""));
  const std::string answer = client.receive();
  CHECK(status_in(answer) == 500);
  CHECK(answer.find("something") == std::string::npos);
  client.send(http_post("/echo", "x"));
  CHECK(body_in(client.receive()) == "x");
}

TEST_CASE("what is no HTTP is refused with its status, and the connection ended") {
  HttpServerOptions o;
  o.max_header_bytes = 1024;
  o.max_body_bytes = 1000;
  Running s(o);
  const std::map<std::string, int> requests{
      {"nonsense\r\n\r\n", 400},
      {"GET / HTTP/9.9\r\n\r\n", 400},
      {"GET nowhere HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /a%00b?x=%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\nContent-Length: abc\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", 413},
      {"POST /echo HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413},
      {"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n", 413},
      {"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"GET / HTTP/1.1\r\nA: " + std::string(2000, 'x') + "\r\n\r\n", 431},
      {"GET /" + std::string(2000, 'x') + " HTTP/1.1\r\n\r\n", 431},
      {"POST /refused HTTP/1.1\r\nContent-Length: 10\r\n\r\n", 401}};
  for (const auto& [request, status] : requests) {
    RawClient client(s.port);
    client.send(request);
    const std::string answer = client.receive();
    CHECK_MESSAGE(status_in(answer) == status, request.substr(0, 60) << "\n" << answer);
  }
  CHECK(body_in(s.ask(http_post("/echo", "alive"))) == "alive");
}

TEST_CASE("headers without end are cut off at the limit") {
  HttpServerOptions o;
  o.max_header_bytes = 4096;
  Running s(o);
  RawClient client(s.port);
  client.send("GET / HTTP/1.1\r\n");
  for (int i = 0; i < 10000 && client.send("X-" + std::to_string(i) + ": flood\r\n"); ++i) {
  }
  CHECK(status_in(client.receive()) == 431);
}

TEST_CASE("a body without end is cut off at the limit") {
  HttpServerOptions o;
  o.max_body_bytes = 100'000;
  Running s(o);
  RawClient client(s.port);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "1000\r\n" + std::string(4096, 'x') + "\r\n";
  for (int i = 0; i < 1000 && client.send(chunk); ++i) {
  }
  CHECK(status_in(client.receive()) == 413);
}

TEST_CASE("slow-loris: who sends its headers or body a byte at a time is cut off, and keeps nobody else waiting") {
  HttpServerOptions o;
  o.header_timeout_s = 0.3;
  o.body_timeout_s = 0.3;
  Running s(o);
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 50; ++i) {
    slow.push_back(std::make_unique<RawClient>(s.port));
    slow.back()->send(i % 2 ? "GET / HTTP/1.1\r\nX:" : "POST /echo HTTP/1.1\r\nContent-Length: 100\r\n\r\n");
  }
  CHECK(body_in(s.ask(http_post("/echo", "quick"))) == "quick");
  for (int i = 0; i < 40; ++i) {
    for (auto& client : slow) client->send("a");
    std::this_thread::sleep_for(10ms);
  }
  for (auto& client : slow) CHECK(client->ends_within(2));
  CHECK(s.echo.refusals_of("slow") == 50);
}

TEST_CASE("an idle connection is ended after its time") {
  HttpServerOptions o;
  o.idle_timeout_s = 0.2;
  Running s(o);
  RawClient client(s.port);
  client.send(http_post("/echo", "x"));
  CHECK(body_in(client.receive()) == "x");
  CHECK(client.ends_within(2));
}

TEST_CASE("a handler learns that its client has gone, and past the deadline answers 504") {
  HttpServerOptions o;
  o.deadline_s = 0.3;
  Running s(o);
  {
    RawClient client(s.port);
    client.send(http_post("/wait", ""));
    while (s.echo.waiting == 0) std::this_thread::sleep_for(1ms);
  }
  while (s.echo.gone == 0) std::this_thread::sleep_for(1ms);
  CHECK(status_in(s.ask(http_post("/wait", ""))) == 504);
}

TEST_CASE("more requests than are worked on at once get 429, and light ones are answered all the same") {
  HttpServerOptions o;
  o.max_requests = 2;
  o.deadline_s = 5;
  Running s(o);
  RawClient first(s.port), second(s.port);
  first.send(http_post("/wait", ""));
  second.send(http_post("/wait", ""));
  while (s.echo.waiting < 2) std::this_thread::sleep_for(1ms);
  const std::string answer = s.ask(http_post("/echo", ""));
  CHECK(status_in(answer) == 429);
  CHECK(answer.find("Retry-After: ") != std::string::npos);
  CHECK(body_in(s.ask(http_post("/light", "fine"))) == "fine");
  // Refused before its body is there, which is read away: the connection goes on.
  RawClient kept(s.port);
  const std::string large(300'000, 'x');
  kept.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n");
  CHECK(status_in(kept.receive()) == 429);
  kept.send(large + http_post("/light", "still here"));
  CHECK(body_in(kept.receive()) == "still here");
  // But not to wait for a body that will not come, or too large a one.
  RawClient asking(s.port);
  asking.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n");
  CHECK(status_in(asking.receive()) == 429);
  CHECK(asking.ends_within(4));
}

TEST_CASE("bodies together take no more memory than they may, and connections no more than there may be") {
  HttpServerOptions o;
  o.max_body_bytes = 1000;
  o.max_bodies_bytes = 1500;
  o.max_connections = 3;
  Running s(o);
  RawClient first(s.port);
  first.send("POST /echo HTTP/1.1\r\nContent-Length: 1000\r\n\r\nhalf");
  std::this_thread::sleep_for(50ms);
  CHECK(status_in(s.ask(http_post("/echo", std::string(600, 'x')))) == 429);
  CHECK(status_in(s.ask(http_post("/echo", std::string(400, 'x')))) == 200);
  std::this_thread::sleep_for(50ms);
  RawClient second(s.port), third(s.port), fourth(s.port);
  CHECK(fourth.ends_within(2));
  CHECK(s.echo.refusals_of("connections") >= 1);
}

TEST_CASE("told to stop, the server ends what is at work, takes no more, and returns") {
  HttpServerOptions o;
  o.deadline_s = 0.5;
  auto s = std::make_unique<Running>(o);
  RawClient idle(s->port), busy(s->port);
  busy.send(http_post("/wait", ""));
  while (s->echo.waiting == 0) std::this_thread::sleep_for(1ms);
  s->server->stop();
  CHECK(idle.ends_within(2));
  CHECK(status_in(busy.receive()) == 504);
  CHECK(busy.ends_within(2));
  CHECK_THROWS(RawClient(s->port));
  s.reset();
}
