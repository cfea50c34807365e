// What tells about the server: whether it lives, whether it may be asked, its counts, its document.

#include "sensorium/serve/json_schema.h"
#include "sensorium/serve/openapi.h"
#include "sensorium/serve/service.h"

namespace sensorium {
namespace {

OrderedJson status_schema() {
  return object_schema({{"status", string_schema("how it is")}}, {"status"});
}

Route get_route(const std::string& path, const std::string& summary, Route::Handler handler) {
  Route route;
  route.method = "GET";
  route.path = path;
  route.summary = summary;
  route.handler = std::move(handler);
  route.open = route.light = true;
  return route;
}

}  // namespace

void add_service_routes(Service& service) {
  Route health = get_route("/health", "Whether the server lives", [](const auto&, const auto&, const auto&) {
    return json_response({{"status", "ok"}});
  });
  health.response = status_schema();
  service.router.add(std::move(health));

  Route ready = get_route("/ready", "Whether it takes requests", [&service](const auto&, const auto&, const auto&) {
    if (service.draining)
      throw ApiError(503, "expected a server that is not about to end, got one that is", "stopping");
    return json_response({{"status", "ready"}});
  });
  ready.response = status_schema();
  service.router.add(std::move(ready));

  Route metrics = get_route("/metrics", "Counts for Prometheus", [&service](const auto&, const auto&, const auto&) {
    HttpResponse response;
    response.type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = service.metrics.text();
    return response;
  });
  metrics.open = false;
  metrics.response_type = "text/plain";
  service.router.add(std::move(metrics));

  Route document = get_route("/openapi.json", "This document", [&service](const auto&, const auto&, const auto&) {
    return json_response(openapi_document(service.router, SENSORIUM_VERSION, service.admission.needs_key()));
  });
  document.response = {{"type", "object"}};
  document.light = false;
  service.router.add(std::move(document));

  Route reload;
  reload.method = "POST";
  reload.path = "/v1/reload";
  reload.summary = "Loads the models and the index anew from their folders; the old ones serve until then";
  reload.request = object_schema(OrderedJson::object(), {});
  reload.response = status_schema();
  reload.handler = [&service](const auto&, const auto&, const auto&) {
    service.reload();
    return json_response({{"status", "reloaded"}});
  };
  service.router.add(std::move(reload));
}

}  // namespace sensorium
