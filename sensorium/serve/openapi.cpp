#include "sensorium/serve/openapi.h"

#include <algorithm>
#include <set>

namespace sensorium {
namespace {

OrderedJson error_schema() {
  const OrderedJson text_or_null{{"type", {"string", "null"}}};
  const OrderedJson error{{"type", "object"},
                          {"required", {"message", "type", "param", "code"}},
                          {"properties",
                           {{"message", {{"type", "string"}}},
                            {"type", {{"type", "string"}}},
                            {"param", text_or_null},
                            {"code", text_or_null}}}};
  return {{"type", "object"}, {"required", {"error"}}, {"properties", {{"error", error}}}};
}

const char* meaning(int status) {
  switch (status) {
    case 200:
      return "The answer";
    case 400:
      return "The request is not as described, or what it holds cannot be read";
    case 401:
      return "No key, or a wrong one";
    case 403:
      return "Not for a page of another origin";
    case 404:
      return "No such thing here";
    case 408:
      return "The request took too long to arrive";
    case 409:
      return "Not as things stand";
    case 413:
      return "More than the server takes";
    case 415:
      return "Not application/json";
    case 429:
      return "Too busy: try again after Retry-After seconds";
    case 431:
      return "Headers larger than the server takes";
    case 503:
      return "Not now";
    case 504:
      return "Not done in time";
    default:
      return "A fault of the server";
  }
}

OrderedJson parameters_of(const Route& route) {
  OrderedJson all = OrderedJson::array();
  for (size_t at = route.path.find('{'); at != std::string::npos; at = route.path.find('{', at + 1)) {
    const std::string name = route.path.substr(at + 1, route.path.find('}', at) - at - 1);
    all.push_back(
        {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}, {"minLength", 1}}}});
  }
  for (const OrderedJson& q : route.query) all.push_back(q);
  return all;
}

OrderedJson operation_of(const Route& route, bool keys) {
  OrderedJson operation{{"summary", route.summary}};
  if (const OrderedJson parameters = parameters_of(route); !parameters.empty()) operation["parameters"] = parameters;
  std::set<int> errors(route.errors.begin(), route.errors.end());
  errors.insert({400, 403, 413, 429, 431, 500, 503, 504, 408});
  if (!route.request.is_null()) {
    operation["requestBody"] = {{"required", true}, {"content", {{"application/json", {{"schema", route.request}}}}}};
    errors.insert(415);
  }
  if (!route.open && keys) {
    operation["security"] = OrderedJson::array({{{"key", OrderedJson::array()}}});
    errors.insert(401);
  }
  const OrderedJson schema = route.response.is_null() ? OrderedJson{{"type", "string"}} : route.response;
  OrderedJson content{{route.response_type, {{"schema", schema}}}};
  if (route.streams) content["text/event-stream"] = {{"schema", {{"type", "string"}}}};
  operation["responses"]["200"] = {{"description", meaning(200)}, {"content", content}};
  for (const int status : errors)
    operation["responses"][std::to_string(status)] = {
        {"description", meaning(status)},
        {"content", {{"application/json", {{"schema", {{"$ref", "#/components/schemas/Error"}}}}}}}};
  return operation;
}

}  // namespace

OrderedJson openapi_document(const Router& router, const std::string& version, bool keys) {
  OrderedJson document{
      {"openapi", "3.1.0"}, {"info", {{"title", "Sensorium"}, {"version", version}}}, {"paths", OrderedJson::object()}};
  for (const Route& route : router.routes()) {
    std::string method = route.method;
    std::transform(method.begin(), method.end(), method.begin(), [](char c) { return static_cast<char>(c | 32); });
    document["paths"][route.path][method] = operation_of(route, keys);
  }
  document["components"]["schemas"]["Error"] = error_schema();
  if (keys) document["components"]["securitySchemes"]["key"] = {{"type", "http"}, {"scheme", "bearer"}};
  return document;
}

}  // namespace sensorium
