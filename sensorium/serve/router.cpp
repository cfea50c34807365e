#include "sensorium/serve/router.h"

#include "sensorium/base/log.h"
#include "sensorium/index/index_away.h"
#include "sensorium/serve/json_body.h"
#include "sensorium/serve/json_schema.h"

namespace sensorium {
namespace {

std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> parts;
  for (size_t at = 1; at <= path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    parts.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

bool matches(const std::string& pattern, const std::string& path, std::map<std::string, std::string>& parameters) {
  const auto wanted = segments(pattern), got = segments(path);
  if (wanted.size() != got.size()) return false;
  std::map<std::string, std::string> found;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].starts_with('{')) {
      if (got[i].empty()) return false;
      found[std::string(wanted[i].substr(1, wanted[i].size() - 2))] = decode_percent(got[i], false);
    } else if (wanted[i] != got[i]) {
      return false;
    }
  }
  parameters = std::move(found);
  return true;
}

Json parse_body(const Route& route, const HttpRequest& request) {
  if (route.request.is_null()) return nullptr;
  const std::string type = request.header("content-type");
  if (!type.starts_with("application/json"))
    throw ApiError(415, fmt::format("expected a Content-Type of application/json, got \"{}\"", type.substr(0, 60)),
                   "unsupported_media_type");
  bool deep = false;
  std::optional<Json> body = parse_json_body(request.body, deep);
  if (!body)
    throw ApiError(400,
                   deep ? fmt::format("body: expected JSON of at most {} levels, got more", kDeepestBody)
                        : "body: expected JSON, got none",
                   "invalid_json");
  check_schema(route.request, *body);
  return std::move(*body);
}

}  // namespace

Route model_route(const std::string& path, const std::string& summary, OrderedJson request, OrderedJson response,
                  Route::Handler handler) {
  Route route;
  route.method = "POST";
  route.path = path;
  route.summary = summary;
  route.request = std::move(request);
  route.response = std::move(response);
  route.errors = {404};
  route.needs_model = true;
  route.handler = std::move(handler);
  return route;
}

std::string allowed_methods(const Router& router, const std::string& path) {
  std::string allowed;
  std::map<std::string, std::string> ignored;
  for (const Route& route : router.routes())
    if (matches(route.path, path, ignored)) allowed += (allowed.empty() ? "" : ", ") + route.method;
  return allowed;
}

const Route& Router::find(HttpRequest& request) const {
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  for (const Route& route : routes_)
    if (route.method == method && matches(route.path, request.path, request.parameters)) return route;
  const std::string allowed = allowed_methods(*this, request.path);
  if (allowed.empty())
    throw ApiError(404, "expected a path that /openapi.json lists, got " + request.path.substr(0, 80), "unknown_path");
  ApiError error(405, fmt::format("{}: expected {}, got {}", request.path.substr(0, 80), allowed, request.method),
                 "wrong_method");
  error.allow = allowed;
  throw error;
}

HttpResponse Router::answer(const Route& route, const HttpRequest& request, const RequestContext& context) const {
  try {
    return route.handler(request, parse_body(route, request), context);
  } catch (const IndexAway& e) {
    spdlog::error("{}", e.what());  // with names of hosts, which are no client's business
    ApiError error(503, "expected the index's database to answer, got an error that the log has", "index_away");
    error.retry_after_s = 2;
    throw error;
  } catch (const EnvironmentError& e) {
    throw ApiError(500, e.what(), "environment");
  } catch (const Error& e) {
    throw ApiError(400, e.what(), "invalid_value");
  } catch (const std::bad_alloc&) {
    ApiError error(503, "expected enough memory, got none", "memory");
    error.retry_after_s = 5;
    throw error;
  }
}

HttpResponse json_response(const OrderedJson& json, int status) {
  HttpResponse response;
  response.status = status;
  response.body = json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  response.body += '\n';
  return response;
}

}  // namespace sensorium
