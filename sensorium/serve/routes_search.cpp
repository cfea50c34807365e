// Items of the index that are near words, a picture, another item, or a weighted mixture of these.

#include "sensorium/serve/json_schema.h"
#include "sensorium/serve/service.h"

namespace sensorium {
namespace {

OrderedJson search_request(bool fetch) {
  const OrderedJson weights = object_schema({{"text", number_schema("of the words; default 1", -100, 100)},
                                             {"picture", number_schema("of the picture; default 1", -100, 100)},
                                             {"like", number_schema("of the item; default 1", -100, 100)}},
                                            {});
  return object_schema(
      {{"text", string_schema("words", 100'000)},
       {"picture", picture_schema(fetch)},
       {"like", string_schema("id of an item: what is like it, without itself", 1024)},
       {"weights", weights},
       {"k", integer_schema("so many at most; default 10", 1, 1000)},
       {"kinds", array_schema(string_schema("picture, caption, ...", 100), 1, 16)},
       {"filter", {{"type", "object"}, {"description", "what the items' metadata must be, as the index filters"}}},
       {"min_probability", number_schema("of a match, at least; needs a calibrated index where it is above 0", 0, 1)}},
      {});
}

OrderedJson search_response() {
  const OrderedJson match = object_schema({{"id", {{"type", "string"}}},
                                           {"kind", {{"type", "string"}}},
                                           {"score", {{"type", "number"}}},
                                           {"probability", {{"type", {"number", "null"}}}},
                                           {"metadata", {{"type", "object"}}}},
                                          {"id", "kind", "score", "probability", "metadata"});
  return object_schema({{"object", {{"enum", {"list"}}}},
                        {"data", {{"type", "array"}, {"items", match}}},
                        {"model", {{"type", "string"}}}},
                       {"object", "data", "model"});
}

/// The item's vector that says most of it: its picture's, else its first.
std::vector<float> vector_of(const VectorIndex& index, const std::string& id) {
  const auto item = index.find(id);
  if (!item)
    throw ApiError(404, fmt::format("like: expected an item of the index, got \"{}\"", id.substr(0, 80)),
                   "item_not_found", "like");
  for (const IndexVector& v : item->vectors)
    if (v.kind == "picture") return v.values;
  return item->vectors.at(0).values;
}

IndexQuery query_of(Service& service, const Service::Searchable& in, const Json& body, const RequestContext& context) {
  IndexQuery query;
  const Json weights = body.value("weights", Json::object());
  const auto weight = [&](const char* part) { return weights.value(part, 1.0); };
  if (body.contains("text")) {
    if (!in.model->texts)
      throw ApiError(400, "text: expected none with a model of pictures alone, got some", "model_cannot", "text");
    query.parts.emplace_back(service.encode_texts(*in.model, {body["text"]}, context)[0], weight("text"));
  }
  if (body.contains("picture")) {
    if (!in.model->can("picture"))
      throw ApiError(400, "picture: expected none with a model of texts alone, got one", "model_cannot", "picture");
    query.parts.emplace_back(service.encode_pictures(*in.model, {body["picture"]}, {"picture"}, context)[0],
                             weight("picture"));
  }
  if (body.contains("like")) query.parts.emplace_back(vector_of(*in.index, body["like"]), weight("like"));
  if (query.parts.empty())
    throw ApiError(400, "expected one of text, picture and like, got none", "invalid_value", "text");
  query.modality = body.contains("text") ? "text" : "picture";
  query.k = body.value("k", 10);
  query.kinds = strings_of(body, "kinds");
  if (body.contains("filter")) query.filter = body["filter"];
  if (body.contains("min_probability")) query.min_probability = body["min_probability"].get<double>();
  return query;
}

HttpResponse search(Service& service, const Json& body, const RequestContext& context) {
  const Service::Searchable in = service.searchable();
  IndexQuery query = query_of(service, in, body, context);
  const std::string itself = body.value("like", "");
  const auto wanted = static_cast<size_t>(query.k);
  if (!itself.empty()) ++query.k;
  OrderedJson data = OrderedJson::array();
  for (const IndexMatch& match : in.index->search(query)) {
    if (match.id == itself || data.size() == wanted) continue;
    data.push_back(match.to_json());
  }
  return json_response({{"object", "list"}, {"data", data}, {"model", in.model->name}});
}

}  // namespace

void add_search_routes(Service& service) {
  service.router.add(model_route("/v1/search",
                                 "Items near words, a picture, another item, or a weighted mixture, best first",
                                 search_request(service.options.fetch), search_response(),
                                 [&service](const auto&, const Json& body, const RequestContext& context) {
                                   return search(service, body, context);
                                 }));
}

}  // namespace sensorium
