#pragma once
// What comes in and goes out over HTTP, without the library that carries it.

#include <chrono>
#include <functional>
#include <map>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sensorium {

struct Route;

struct HttpRequest {
  std::string id;                              // of our own making, in the log and in X-Request-Id
  std::string method;                          // "GET"
  std::string path;                            // as it came, without the query
  std::map<std::string, std::string> query;    // decoded; of equal names the last
  std::map<std::string, std::string> headers;  // lower-case names; of equal names the first
  std::string body;
  std::string client;                             // address
  std::map<std::string, std::string> parameters;  // {id} of the route's path, decoded
  const Route* route = nullptr;                   // that its method and path lead to, once it was looked for
  /// A header's value, or "".
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

/// Sends a piece of a body that is written bit by bit; false when the client is gone.
using ChunkWriter = std::function<bool(std::string_view)>;

struct HttpResponse {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::function<void(const ChunkWriter&)> stream;  // instead of the body
};

/// How long an answer is wanted, and whether still. Copies share the state.
struct RequestContext {
  using Clock = std::chrono::steady_clock;
  std::stop_token gone;  // the client is
  Clock::time_point deadline = Clock::time_point::max();
  /// Throws ApiError 504 past the deadline, ClientGone when nobody waits.
  void check() const;
  double seconds_left() const { return std::chrono::duration<double>(deadline - Clock::now()).count(); }
};

/// Nobody waits for the answer any more.
struct ClientGone : std::runtime_error {
  ClientGone() : std::runtime_error("the client is gone") {}
};

/// A refusal with its status, in OpenAI's shape: {"error": {"message", "type", "param", "code"}}.
class ApiError : public std::runtime_error {
 public:
  ApiError(int status, const std::string& message, std::string code = "", std::string param = "")
      : std::runtime_error(message), status(status), code(std::move(code)), param(std::move(param)) {}
  int status;
  std::string code, param;    // empty: null
  double retry_after_s = -1;  // with 429 and 503
  std::string allow;          // with 405
};

/// An error as the client sees it. `type` follows from the status.
HttpResponse error_response(const ApiError& error);

/// %41 to A. Throws ApiError 400 for what is no encoding, and for control characters.
std::string decode_percent(std::string_view text, bool plus_is_space);
/// "a=1&b=2", decoded. Throws as decode_percent.
std::map<std::string, std::string> parse_query(std::string_view text);

}  // namespace sensorium
