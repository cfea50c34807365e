// Vectors of texts and pictures, in OpenAI's shape, and documents in the order of how well they fit a query.

#include "sensorium/base/base64.h"
#include "sensorium/eval/probability.h"
#include "sensorium/eval/similarity.h"
#include "sensorium/serve/json_schema.h"
#include "sensorium/serve/service.h"

#include <bit>
#include <cmath>

namespace sensorium {
namespace {

constexpr size_t kMostInputs = 256, kLongestText = 100'000;

OrderedJson usage(int64_t tokens) {
  return {{"prompt_tokens", tokens}, {"total_tokens", tokens}};
}

OrderedJson usage_schema() {
  return object_schema({{"prompt_tokens", {{"type", "integer"}}}, {"total_tokens", {{"type", "integer"}}}},
                       {"prompt_tokens", "total_tokens"});
}

OrderedJson embeddings_request(bool fetch) {
  const OrderedJson text =
      string_schema("a text, or (modality image) " + picture_schema(fetch)["description"].get<std::string>());
  return object_schema(
      {{"input", any_of({text, array_schema(text, 1, kMostInputs)})},
       {"model", string_schema("one that /v1/models lists; default: the first that can")},
       {"modality", {{"type", "string"}, {"enum", {"text", "image"}}, {"default", "text"}}},
       {"encoding_format", {{"type", "string"}, {"enum", {"float", "base64"}}, {"default", "float"}}},
       {"dimensions", integer_schema("only so many of a vector's values, brought to length 1 again", 1, 1 << 20)},
       {"user", {{"type", "string"}}}},
      {"input"});
}

OrderedJson embeddings_response() {
  const OrderedJson vector = any_of({{{"type", "array"}, {"items", {{"type", "number"}}}}, {{"type", "string"}}});
  const OrderedJson item =
      object_schema({{"object", {{"enum", {"embedding"}}}}, {"index", {{"type", "integer"}}}, {"embedding", vector}},
                    {"object", "index", "embedding"});
  return object_schema({{"object", {{"enum", {"list"}}}},
                        {"data", {{"type", "array"}, {"items", item}}},
                        {"model", {{"type", "string"}}},
                        {"usage", usage_schema()}},
                       {"object", "data", "model", "usage"});
}

/// The first `n` values, of length 1 again (Kusupati et al., "Matryoshka representation learning", 2022, read vectors
/// so).
void shorten(std::vector<float>& row, size_t n) {
  row.resize(n);
  double sum = 0;
  for (const float x : row) sum += static_cast<double>(x) * static_cast<double>(x);
  const double length = std::sqrt(sum);
  if (length > 0)
    for (float& x : row) x = static_cast<float>(static_cast<double>(x) / length);
}

/// Little-endian float32 in base64, as OpenAI's client reads it.
std::string packed(const std::vector<float>& row) {
  static_assert(std::endian::native == std::endian::little);
  return base64_encode({reinterpret_cast<const char*>(row.data()), row.size() * sizeof(float)});
}

/// The answer as text, vectors written straight into it: a JSON library makes an object of every number.
std::string embeddings_body(const Rows& rows, bool base64, const std::string& model, int64_t tokens) {
  fmt::memory_buffer out;
  const auto at = std::back_inserter(out);
  fmt::format_to(at, "{{\"object\":\"list\",\"data\":[");
  for (size_t i = 0; i < rows.size(); ++i) {
    fmt::format_to(at, "{}{{\"object\":\"embedding\",\"index\":{},\"embedding\":", i ? "," : "", i);
    if (base64)
      fmt::format_to(at, "\"{}\"}}", packed(rows[i]));
    else
      fmt::format_to(at, "[{}]}}", fmt::join(rows[i], ","));
  }
  const OrderedJson tail{{"model", model}, {"usage", usage(tokens)}};
  fmt::format_to(at, "],{}\n", tail.dump(-1, ' ', false, OrderedJson::error_handler_t::replace).substr(1));
  return fmt::to_string(out);
}

HttpResponse embed(Service& service, const Json& body, const RequestContext& context) {
  const bool pictures = body.value("modality", "text") == "image";
  const auto model = service.models.find(body.value("model", ""), pictures ? "picture" : "text");
  const auto inputs = strings_of(body, "input");
  for (size_t i = 0; i < inputs.size() && !pictures; ++i)
    if (inputs[i].size() > kLongestText)
      throw ApiError(
          400, fmt::format("input[{}]: expected a text of at most {} bytes, got {}", i, kLongestText, inputs[i].size()),
          "invalid_value", fmt::format("input[{}]", i));
  const auto n = body.value("dimensions", model->embedder->width);
  if (n > model->embedder->width)
    throw ApiError(400,
                   fmt::format("dimensions: expected at most {} with this model, got {}", model->embedder->width, n),
                   "invalid_value", "dimensions");
  Rows rows = pictures ? service.encode_pictures(*model, inputs, numbered("input", inputs.size()), context)
                       : service.encode_texts(*model, inputs, context);
  if (n < model->embedder->width)
    for (auto& row : rows) shorten(row, static_cast<size_t>(n));
  HttpResponse response;
  response.body = embeddings_body(rows, body.value("encoding_format", "float") == "base64", model->name,
                                  pictures ? 0 : model->count_tokens(inputs));
  return response;
}

OrderedJson rerank_request(bool fetch) {
  const OrderedJson document =
      any_of({string_schema("a text"), object_schema({{"text", string_schema("a text")}}, {"text"}),
              object_schema({{"image", picture_schema(fetch)}}, {"image"})});
  return object_schema({{"query", string_schema("what is looked for", kLongestText)},
                        {"documents", array_schema(document, 1, kMostInputs)},
                        {"model", string_schema("one that /v1/models lists; default: the first that can")},
                        {"top_n", integer_schema("so many of the best; default: all", 1, 1 << 20)},
                        {"return_documents", {{"type", "boolean"}, {"default", false}}}},
                       {"query", "documents"});
}

OrderedJson rerank_response() {
  const OrderedJson result = object_schema(
      {{"index", {{"type", "integer"}}}, {"relevance_score", {{"type", "number"}}}, {"document", {{"type", "object"}}}},
      {"index", "relevance_score"});
  return object_schema(
      {{"model", {{"type", "string"}}}, {"results", {{"type", "array"}, {"items", result}}}, {"usage", usage_schema()}},
      {"model", "results", "usage"});
}

/// Documents of a request, texts apart from pictures, with their places.
struct Documents {
  std::vector<std::string> texts, pictures, params;
  std::vector<size_t> text_at, picture_at;
};

Documents split_documents(const Json& list) {
  Documents d;
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i].is_object() && list[i].contains("image")) {
      d.pictures.push_back(list[i]["image"]);
      d.params.push_back(fmt::format("documents[{}].image", i));
      d.picture_at.push_back(i);
    } else {
      d.texts.push_back(list[i].is_object() ? list[i]["text"] : list[i]);
      d.text_at.push_back(i);
    }
  }
  return d;
}

/// Matching models look at query and picture together; else, and for texts, the cosine.
std::vector<double> relevance(Service& service, const ServedModel& model, const std::string& query,
                              const Documents& documents, const RequestContext& context) {
  std::vector<double> scores(documents.texts.size() + documents.pictures.size());
  const bool match = model.embedder->match != nullptr;
  std::vector<float> asked;
  if (!match || !documents.texts.empty()) asked = service.encode_texts(model, {query}, context)[0];
  const Rows texts = service.encode_texts(model, documents.texts, context);
  for (size_t i = 0; i < texts.size(); ++i) scores[documents.text_at[i]] = static_cast<double>(dot(asked, texts[i]));
  if (!match) {
    const Rows rows = service.encode_pictures(model, documents.pictures, documents.params, context);
    for (size_t i = 0; i < rows.size(); ++i) scores[documents.picture_at[i]] = static_cast<double>(dot(asked, rows[i]));
    return scores;
  }
  const auto items = service.prepare_pictures(model, documents.pictures, documents.params, context);
  for (size_t i = 0; i < items.size(); ++i) {
    double probability = 0;
    service.call(
        model, [&] { probability = model.embedder->match(static_cast<PixelItem&>(*items[i]).pixels, query).at(0); },
        context);
    scores[documents.picture_at[i]] = probability;
  }
  return scores;
}

HttpResponse rerank(Service& service, const Json& body, const RequestContext& context) {
  const Documents documents = split_documents(body["documents"]);
  auto model = service.models.find(body.value("model", ""), "text");
  if (!documents.pictures.empty()) model = service.models.find(body.value("model", ""), "picture");
  if (!model->texts)
    throw ApiError(400, "model: expected one of texts and pictures, got one of pictures", "model_cannot");
  const std::vector<double> scores = relevance(service, *model, body["query"], documents, context);
  OrderedJson results = OrderedJson::array();
  for (const size_t i : top_k(scores, static_cast<size_t>(body.value("top_n", int64_t{1} << 20)))) {
    OrderedJson result{{"index", i}, {"relevance_score", scores[i]}};
    const Json& document = body["documents"][i];
    if (body.value("return_documents", false))
      result["document"] = document.is_object() ? OrderedJson(document) : OrderedJson{{"text", document}};
    results.push_back(std::move(result));
  }
  const int64_t tokens =
      model->count_tokens(documents.texts) + model->count_tokens(std::vector<std::string>{body["query"]});
  return json_response({{"model", model->name}, {"results", results}, {"usage", usage(tokens)}});
}

}  // namespace

void add_embedding_routes(Service& service) {
  service.router.add(model_route("/v1/embeddings", "Vectors of texts or pictures",
                                 embeddings_request(service.options.fetch), embeddings_response(),
                                 [&service](const auto&, const Json& body, const RequestContext& context) {
                                   return embed(service, body, context);
                                 }));
  service.router.add(model_route("/v1/rerank", "Texts and pictures by how well they fit a query, best first",
                                 rerank_request(service.options.fetch), rerank_response(),
                                 [&service](const auto&, const Json& body, const RequestContext& context) {
                                   return rerank(service, body, context);
                                 }));
}

}  // namespace sensorium
