#include "sensorium/serve/application.h"

#include "sensorium/base/log.h"
#include "sensorium/serve/web_asset.h"

#include <cstdio>
#include <ctime>

namespace sensorium {
namespace {

/// One line of JSON on standard error.
void write_log(const OrderedJson& line) {
  const std::string text = line.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
}

std::string now_text() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  return fmt::format("{}.{:03}Z", text, ms);
}

bool is_page(const HttpRequest& request) {
  return (request.method == "GET" || request.method == "HEAD") && web_asset(request.path).has_value();
}

/// A file of the web page.
HttpResponse page(const HttpRequest& request) {
  const WebAsset asset = *web_asset(request.path);
  HttpResponse response;
  response.type = std::string(asset.content_type);
  for (const auto& [name, value] : web_headers()) response.headers.emplace_back(name, value);
  response.headers.emplace_back("ETag", asset.etag);
  if (request.header("if-none-match") == asset.etag)
    response.status = 304;
  else
    response.body = std::string(asset.content);
  return response;
}

}  // namespace

bool ServeApplication::admit(HttpRequest& head) {
  if (head.method == "OPTIONS" || is_page(head)) return true;
  std::exception_ptr no_route;
  try {
    head.route = &service_.router.find(head);
  } catch (const ApiError&) {
    no_route = std::current_exception();
  }
  service_.admission.check_origin(head);
  if (no_route) std::rethrow_exception(no_route);
  if (!head.route->open) service_.admission.check_key(head);
  return head.route->light;
}

void ServeApplication::check_load(const HttpRequest& request, size_t at_work) {
  if (request.route && request.route->needs_model) service_.batcher.check_load(at_work);
}

HttpResponse ServeApplication::answer(const HttpRequest& request, const RequestContext& context) {
  if (request.method == "OPTIONS") {
    const std::string allowed = allowed_methods(service_.router, request.path);
    if (allowed.empty()) throw ApiError(404, "expected a path that /openapi.json lists, got another", "unknown_path");
    HttpResponse response;
    response.status = 204;
    response.type.clear();
    response.headers.emplace_back("Allow", allowed + ", OPTIONS");
    return response;
  }
  if (is_page(request)) return page(request);
  return service_.router.answer(*request.route, request, context);
}

std::vector<std::pair<std::string, std::string>> ServeApplication::headers_for(const HttpRequest& request) {
  return service_.admission.cors_headers(request);
}

void ServeApplication::finished(const HttpRequest& request, int status, size_t bytes, double seconds) {
  const std::string route = request.route ? request.route->path : is_page(request) ? "page" : "other";
  service_.metrics.count_request(route, status, seconds);
  if (service_.options.log != "json") return;
  write_log({{"time", now_text()},
             {"event", "request"},
             {"id", request.id},
             {"client", request.client},
             {"method", request.method.substr(0, 16)},
             {"path", request.path.substr(0, 200)},
             {"status", status},
             {"ms", static_cast<double>(static_cast<int64_t>(seconds * 1e6)) / 1000},
             {"bytes", bytes}});
}

void ServeApplication::refused(const std::string& reason) {
  service_.metrics.count_refusal(reason);
}

void ServeApplication::draining() {
  service_.draining = true;
  if (service_.options.log == "json") write_log({{"time", now_text()}, {"event", "draining"}});
}

void ServeApplication::reload() {
  OrderedJson line{{"time", now_text()}, {"event", "reloaded"}};
  try {
    service_.reload();
  } catch (const std::exception& e) {
    line["event"] = "reload failed, the old models serve on";
    line["error"] = e.what();
  }
  if (service_.options.log == "json") write_log(line);
}

HttpServerOptions http_options(const ServeOptions& o) {
  HttpServerOptions h;
  h.host = o.host;
  h.port = o.port;
  h.certificate = o.certificate;
  h.private_key = o.private_key;
  h.max_connections = static_cast<size_t>(o.max_connections);
  h.max_requests = static_cast<size_t>(o.max_requests);
  h.max_header_bytes = static_cast<size_t>(o.max_header_kb) << 10;
  h.max_body_bytes = static_cast<size_t>(o.max_body_mb) << 20;
  h.max_bodies_bytes = static_cast<size_t>(o.max_bodies_mb) << 20;
  h.header_timeout_s = o.header_timeout_s;
  h.body_timeout_s = o.body_timeout_s;
  h.idle_timeout_s = o.idle_timeout_s;
  h.deadline_s = o.deadline_s;
  h.drain_s = o.drain_s;
  return h;
}

}  // namespace sensorium
