// What is on pictures: labels in words with a dual encoder, a classifier's own with one.

#include "sensorium/eval/probability.h"
#include "sensorium/serve/json_schema.h"
#include "sensorium/serve/model/label_embeddings.h"
#include "sensorium/serve/service.h"

namespace sensorium {
namespace {

constexpr size_t kMostPictures = 64, kMostLabels = 1000, kMostTemplates = 16;

OrderedJson classify_request(bool fetch) {
  const OrderedJson picture = picture_schema(fetch);
  OrderedJson pattern = string_schema("a text with {} for the label", 1000);
  return object_schema({{"input", any_of({picture, array_schema(picture, 1, kMostPictures)})},
                        {"labels", array_schema(string_schema("a label", 1000), 1, kMostLabels)},
                        {"templates", array_schema(pattern, 1, kMostTemplates)},
                        {"model", string_schema("one that /v1/models lists; default: the first that can")},
                        {"top_k", integer_schema("labels a picture; default: all, of a classifier five", 1, 100'000)}},
                       {"input"});
}

OrderedJson classify_response() {
  const OrderedJson result =
      object_schema({{"label", {{"type", "string"}}}, {"probability", {{"type", "number"}}}}, {"label", "probability"});
  const OrderedJson item = object_schema({{"object", {{"enum", {"classification"}}}},
                                          {"index", {{"type", "integer"}}},
                                          {"results", {{"type", "array"}, {"items", result}}}},
                                         {"object", "index", "results"});
  return object_schema({{"object", {{"enum", {"list"}}}},
                        {"data", {{"type", "array"}, {"items", item}}},
                        {"model", {{"type", "string"}}}},
                       {"object", "data", "model"});
}

/// One vector a label, row-major: the mean over the templates.
std::vector<float> label_rows(Service& service, const ServedModel& model, const std::vector<std::string>& labels,
                              const std::vector<std::string>& templates, const RequestContext& context) {
  Embedder through_batcher = *model.embedder;
  through_batcher.encode_texts = [&](std::span<const std::string> texts) {
    std::vector<float> all;
    for (const auto& row : service.encode_texts(model, {texts.begin(), texts.end()}, context))
      all.insert(all.end(), row.begin(), row.end());
    return all;
  };
  return embed_labels(through_batcher, labels, templates, service.options.max_batch);
}

HttpResponse classify(Service& service, const Json& body, const RequestContext& context) {
  const auto model = service.models.find(body.value("model", ""), "classify");
  auto labels = strings_of(body, "labels");
  auto templates = strings_of(body, "templates");
  size_t shown = static_cast<size_t>(body.value("top_k", int64_t{100'000}));
  if (model->classifier) {
    if (!labels.empty() || !templates.empty())
      throw ApiError(400, "labels: expected none with a model that has its own, got some", "invalid_value", "labels");
    labels = model->classifier->labels;
    if (!body.contains("top_k")) shown = 5;
  } else if (labels.empty()) {
    throw ApiError(400, "labels: expected a value with this model, got none", "invalid_value", "labels");
  }
  if (templates.empty()) templates = {"a photo of a {}"};
  std::vector<float> rows;
  if (!model->classifier) rows = label_rows(service, *model, labels, templates, context);
  const auto pictures = strings_of(body, "input");
  OrderedJson data = OrderedJson::array();
  for (const auto& row : service.encode_pictures(*model, pictures, numbered("input", pictures.size()), context)) {
    const auto p = model->classifier ? softmax(std::vector<double>(row.begin(), row.end()))
                                     : label_probabilities(row, rows, model->embedder->logits);
    OrderedJson results = OrderedJson::array();
    for (const size_t i : top_k(p, shown)) results.push_back({{"label", labels[i]}, {"probability", p[i]}});
    data.push_back({{"object", "classification"}, {"index", data.size()}, {"results", results}});
  }
  return json_response({{"object", "list"}, {"data", data}, {"model", model->name}});
}

}  // namespace

void add_classify_routes(Service& service) {
  service.router.add(model_route("/v1/classify",
                                 "How well labels fit pictures: labels of yours (zero-shot), or a classifier's own",
                                 classify_request(service.options.fetch), classify_response(),
                                 [&service](const auto&, const Json& body, const RequestContext& context) {
                                   return classify(service, body, context);
                                 }));
}

}  // namespace sensorium
