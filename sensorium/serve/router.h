#pragma once
// The table of routes: what may be asked, by whom, with which body, and who answers. The OpenAPI document is made of
// it.

#include "sensorium/base/json.h"
#include "sensorium/serve/http_message.h"

namespace sensorium {

struct Route {
  /// A request whose body (null: none) fits the schema.
  using Handler = std::function<HttpResponse(const HttpRequest&, const Json& body, const RequestContext&)>;
  std::string method, path;  // "/v1/index/items/{id}"
  std::string summary;
  Handler handler;
  OrderedJson request = nullptr;   // schema of the body; null: it has none
  OrderedJson response = nullptr;  // schema of the JSON answered with 200; null: another type
  std::string response_type = "application/json";
  bool streams = false;                      // may answer with server-sent events instead
  std::vector<int> errors;                   // statuses besides those that every route has
  OrderedJson query = OrderedJson::array();  // parameters as OpenAPI has them
  bool open = false;                         // needs no key
  bool needs_model = false;                  // its work goes through the batcher
  bool light = false;                        // answered at once, on the thread that reads
};

class Router {
 public:
  void add(Route route) { routes_.push_back(std::move(route)); }
  const std::vector<Route>& routes() const { return routes_; }
  /// The route of a request, whose parameters are then set. HEAD is answered as GET. Throws ApiError 404 and 405.
  const Route& find(HttpRequest& request) const;
  /// Parses the body, holds it against the schema and calls the handler. Typed errors of the rooms below become
  /// ApiError 400 (usage, input) or 500. Throws ApiError and ClientGone.
  HttpResponse answer(const Route& route, const HttpRequest& request, const RequestContext& context) const;

 private:
  std::vector<Route> routes_;
};

/// A POST route whose work is that of a model, which the request may name (404 where there is no such one).
Route model_route(const std::string& path, const std::string& summary, OrderedJson request, OrderedJson response,
                  Route::Handler handler);

/// The methods of a path, "GET, POST"; empty: no such path.
std::string allowed_methods(const Router& router, const std::string& path);

/// JSON as a response of status 200.
HttpResponse json_response(const OrderedJson& json, int status = 200);

}  // namespace sensorium
