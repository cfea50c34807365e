// What a request asks for, from the line that names it on: "METHOD PATH?QUERY", a line feed, the body.
#include "sensorium/base/error.h"
#include "sensorium/serve/json_schema.h"
#include "sensorium/serve/picture_input.h"
#include "sensorium/serve/router.h"
#include "tests/fuzz/temporary.h"

namespace {

using namespace sensorium;

const Router& router() {
  static const Router routes = [] {
    Router r;
    const auto echo = [](const HttpRequest& request, const Json& body, const RequestContext& context) {
      if (body.is_object() && body.contains("image"))
        return HttpResponse{.body = read_picture(body["image"].get<std::string>(), "image", {}, context)};
      return json_response(OrderedJson{{"parameters", request.parameters}, {"query", request.query}});
    };
    r.add(
        {"POST", "/v1/embeddings", "", echo,
         object_schema({{"input", any_of({string_schema("text", 100), array_schema(string_schema("text", 100), 1, 3)})},
                        {"n", integer_schema("how many", 1, 10)},
                        {"image", picture_schema(false)}},
                       {})});
    r.add({"GET", "/v1/index/items/{id}", "", echo});
    return r;
  }();
  return routes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest = fuzz::view_of(data, size);
  HttpRequest request;
  request.headers["content-type"] = "application/json";
  request.method = fuzz::take_part(rest, ' ');
  const std::string_view target = fuzz::take_part(rest, '\n');
  request.path = target.substr(0, target.find('?'));
  request.body = rest;
  try {
    if (request.path.size() < target.size()) request.query = parse_query(target.substr(request.path.size() + 1));
    const Route& route = router().find(request);
    router().answer(route, request, {});
  } catch (const ApiError& error) {
    error_response(error);
  }
  return 0;
}
