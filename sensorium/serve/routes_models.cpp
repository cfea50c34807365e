// The models that are loaded, and what is known of them.

#include "sensorium/serve/json_schema.h"
#include "sensorium/serve/service.h"

namespace sensorium {
namespace {

OrderedJson summary_of(const ServedModel& model) {
  OrderedJson json{{"id", model.name},        {"object", "model"},  {"created", model.created},
                   {"owned_by", "sensorium"}, {"kind", model.kind}, {"capabilities", model.capabilities()},
                   {"hash", model.hash}};
  if (model.embedder) json["width"] = model.embedder->width;
  if (model.processor) json["image_size"] = {model.processor->width(), model.processor->height()};
  return json;
}

OrderedJson model_properties() {
  return {{"id", {{"type", "string"}}},
          {"object", {{"enum", {"model"}}}},
          {"created", {{"type", "integer"}}},
          {"owned_by", {{"type", "string"}}},
          {"kind", {{"type", "string"}}},
          {"capabilities", {{"type", "array"}, {"items", {{"type", "string"}}}}},
          {"hash", {{"type", "string"}}},
          {"width", {{"type", "integer"}}},
          {"image_size", {{"type", "array"}, {"items", {{"type", "integer"}}}}}};
}

const std::vector<std::string> kAlways = {"id", "object", "created", "owned_by", "kind", "capabilities", "hash"};

}  // namespace

void add_model_routes(Service& service) {
  Route list;
  list.method = "GET";
  list.path = "/v1/models";
  list.summary = "The models that are loaded";
  list.response = object_schema({{"object", {{"enum", {"list"}}}},
                                 {"data", {{"type", "array"}, {"items", object_schema(model_properties(), kAlways)}}}},
                                {"object", "data"});
  list.handler = [&service](const auto&, const auto&, const auto&) {
    OrderedJson data = OrderedJson::array();
    for (const auto& model : service.models.all()) data.push_back(summary_of(*model));
    return json_response({{"object", "list"}, {"data", data}});
  };
  service.router.add(std::move(list));

  Route one;
  one.method = "GET";
  one.path = "/v1/models/{id}";
  one.summary = "One of them, with its card and its evaluation (README.md and evaluation.json in its folder)";
  one.errors = {404};
  OrderedJson properties = model_properties();
  properties["card"] = {{"type", {"string", "null"}}};
  properties["evaluation"] = {{"type", {"object", "array", "null"}}};
  properties["labels"] = {{"type", "array"}, {"items", {{"type", "string"}}}};
  one.response = object_schema(properties, kAlways);
  one.handler = [&service](const HttpRequest& request, const auto&, const auto&) {
    const auto model = service.models.find(request.parameters.at("id"), "");
    OrderedJson json = summary_of(*model);
    if (model->classifier) json["labels"] = model->classifier->labels;
    json["card"] = model->card.empty() ? OrderedJson(nullptr) : OrderedJson(model->card);
    json["evaluation"] = model->evaluation;
    return json_response(json);
  };
  service.router.add(std::move(one));
}

}  // namespace sensorium
