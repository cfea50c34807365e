// The index's items: listed, looked at, added, removed.

#include "sensorium/base/hash.h"
#include "sensorium/serve/json_schema.h"
#include "sensorium/serve/service.h"
#include "sensorium/serve/stored_picture.h"

#include <algorithm>
#include <charconv>

namespace sensorium {
namespace {

constexpr size_t kMostItems = 64, kLongestId = 1024, kMostListed = 1000;

OrderedJson item_json(const IndexItem& item) {
  OrderedJson kinds = OrderedJson::array();
  for (const IndexVector& v : item.vectors) kinds.push_back(v.kind);
  OrderedJson json{{"id", item.id}, {"object", "item"}, {"metadata", item.metadata}};
  if (!kinds.empty()) json["kinds"] = kinds;
  return json;
}

OrderedJson item_schema() {
  return object_schema({{"id", {{"type", "string"}}},
                        {"object", {{"enum", {"item"}}}},
                        {"metadata", {{"type", "object"}}},
                        {"kinds", {{"type", "array"}, {"items", {{"type", "string"}}}}}},
                       {"id", "object", "metadata"});
}

OrderedJson put_request(bool fetch) {
  const OrderedJson item =
      object_schema({{"id", string_schema("default: made of the picture's content or the caption", kLongestId)},
                     {"picture", picture_schema(fetch)},
                     {"metadata", {{"type", "object"}, {"description", "\"caption\" becomes a vector of its own"}}}},
                    {});
  return object_schema({{"items", array_schema(item, 1, kMostItems)}}, {"items"});
}

void require_writable(const Service& service) {
  if (service.options.read_only) throw ApiError(403, "expected no change (--read-only), got one", "read_only");
}

/// One item of a request as the index keeps it, with its vectors.
IndexItem make_item(Service& service, const ServedModel& model, const Json& given, const std::string& param,
                    const RequestContext& context) {
  IndexItem item;
  item.metadata = given.value("metadata", Json::object());
  if (item.metadata.contains("stored_picture"))
    throw ApiError(400, param + ".metadata.stored_picture: expected a name of the server's, got one of the request's",
                   "invalid_value", param + ".metadata");
  const auto caption = item.metadata.find("caption");
  if (given.contains("picture")) {
    if (!model.can("picture"))
      throw ApiError(400, param + ".picture: expected none with a model of texts alone, got one", "model_cannot",
                     param + ".picture");
    const std::string name = param + ".picture";
    const std::string bytes = read_picture(given["picture"], name, service.picture_options(), context);
    item.vectors.push_back({"picture", service.encode_picture(model, bytes, name, context)});
    if (const fs::path store = service.picture_store(); !store.empty())
      item.metadata["stored_picture"] = store_picture(store, bytes);
    item.id = content_hash(bytes);
  }
  if (caption != item.metadata.end() && caption->is_string() && model.texts && !caption->get<std::string>().empty()) {
    item.vectors.push_back({"caption", service.encode_texts(model, {caption->get<std::string>()}, context)[0]});
    if (item.id.empty()) item.id = content_hash(caption->get<std::string>());
  }
  if (item.vectors.empty())
    throw ApiError(400, param + ": expected a picture or metadata with a caption, got neither", "invalid_value", param);
  item.id = given.value("id", item.id);
  if (item.id.size() > kLongestId)
    throw ApiError(400, param + ".id: expected at most 1024 bytes, got more", "invalid_value", param + ".id");
  return item;
}

HttpResponse put_items(Service& service, const Json& body, const RequestContext& context) {
  require_writable(service);
  const auto in = service.searchable();
  std::vector<IndexItem> items;
  OrderedJson data = OrderedJson::array();
  for (size_t i = 0; i < body["items"].size(); ++i) {
    items.push_back(make_item(service, *in.model, body["items"][i], fmt::format("items[{}]", i), context));
    data.push_back(item_json(items.back()));
  }
  in.index->put(items);
  return json_response({{"object", "list"}, {"data", data}});
}

[[noreturn]] void no_item(const std::string& id) {
  throw ApiError(404, fmt::format("expected an item of the index, got \"{}\"", id.substr(0, 80)), "item_not_found",
                 "id");
}

IndexItem get_item(Service& service, const std::string& id) {
  auto item = service.searchable().index->find(id);
  if (!item) no_item(id);
  return std::move(*item);
}

HttpResponse list_items(Service& service, const HttpRequest& request) {
  const auto given = [&](const char* name) {
    const auto found = request.query.find(name);
    return found == request.query.end() ? std::string() : found->second;
  };
  size_t limit = 20;
  if (request.query.contains("limit")) {
    const std::string text = given("limit");
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (error != std::errc() || end != text.data() + text.size() || limit < 1 || limit > kMostListed)
      throw ApiError(400,
                     fmt::format("limit: expected a number from 1 to {}, got \"{}\"", kMostListed, text.substr(0, 20)),
                     "invalid_value", "limit");
  }
  auto items = service.searchable().index->list(given("after"), limit + 1, false);
  const bool more = items.size() > limit;
  if (more) items.pop_back();
  OrderedJson data = OrderedJson::array();
  for (const IndexItem& item : items) data.push_back(item_json(item));
  return json_response({{"object", "list"}, {"data", data}, {"has_more", more}});
}

HttpResponse remove_item(Service& service, const std::string& id) {
  require_writable(service);
  if (service.searchable().index->remove(std::span(&id, 1)) == 0) no_item(id);
  return json_response({{"id", id}, {"deleted", true}});
}

HttpResponse show_picture(Service& service, const std::string& id) {
  const auto file = find_picture(get_item(service, id).metadata, service.picture_store(), service.options.pictures);
  if (!file) throw ApiError(404, "expected an item whose picture may be shown, got one without", "no_picture", "id");
  HttpResponse response;
  response.body = read_file(*file, uint64_t{256} << 20);
  response.type = picture_type(response.body);
  if (response.type.empty()) throw ApiError(404, "expected a picture, got another file", "no_picture", "id");
  response.headers.emplace_back("Cache-Control", "private, max-age=300");
  response.headers.emplace_back("Content-Security-Policy", "default-src 'none'");
  return response;
}

Route route_of(const char* method, const char* path, const char* summary, OrderedJson response) {
  Route route;
  route.method = method;
  route.path = path;
  route.summary = summary;
  route.response = std::move(response);
  route.errors = {404};
  return route;
}

}  // namespace

void add_index_routes(Service& service) {
  const auto add = [&](Route route, Route::Handler handler) {
    route.handler = std::move(handler);
    service.router.add(std::move(route));
  };
  const OrderedJson list = object_schema({{"object", {{"enum", {"list"}}}},
                                          {"data", {{"type", "array"}, {"items", item_schema()}}},
                                          {"has_more", {{"type", "boolean"}}}},
                                         {"object", "data"});
  Route listing = route_of("GET", "/v1/index/items", "Items by ascending id", list);
  listing.query = {{{"name", "limit"}, {"in", "query"}, {"schema", integer_schema("so many at most", 1, kMostListed)}},
                   {{"name", "after"}, {"in", "query"}, {"schema", {{"type", "string"}}}}};
  add(listing,
      [&service](const HttpRequest& request, const auto&, const auto&) { return list_items(service, request); });
  Route put = route_of("POST", "/v1/index/items", "Adds items, each instead of any earlier one with its id", list);
  put.request = put_request(service.options.fetch);
  add(put, [&service](const auto&, const Json& body, const RequestContext& c) { return put_items(service, body, c); });
  add(route_of("GET", "/v1/index/items/{id}", "An item", item_schema()),
      [&service](const HttpRequest& request, const auto&, const auto&) {
        return json_response(item_json(get_item(service, request.parameters.at("id"))));
      });
  add(route_of("DELETE", "/v1/index/items/{id}", "Removes an item",
               object_schema({{"id", {{"type", "string"}}}, {"deleted", {{"type", "boolean"}}}}, {"id", "deleted"})),
      [&service](const HttpRequest& request, const auto&, const auto&) {
        return remove_item(service, request.parameters.at("id"));
      });
  Route picture = route_of("GET", "/v1/index/items/{id}/picture", "An item's picture", nullptr);
  picture.response_type = "image/*";
  add(picture, [&service](const HttpRequest& request, const auto&, const auto&) {
    return show_picture(service, request.parameters.at("id"));
  });
  add(route_of("GET", "/v1/index/stats", "What the index holds and takes", {{"type", "object"}}),
      [&service](const auto&, const auto&, const auto&) {
        return json_response(service.searchable().index->stats().to_json());
      });
  Route compact = route_of("POST", "/v1/index/compact", "Gives back what removed items take", {{"type", "object"}});
  compact.request = object_schema(OrderedJson::object(), {});
  add(compact, [&service](const auto&, const auto&, const auto&) {
    require_writable(service);
    service.searchable().index->compact();
    return json_response(service.searchable().index->stats().to_json());
  });
}

}  // namespace sensorium
