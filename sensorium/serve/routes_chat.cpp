// Captions of pictures and answers to questions about them, in the shape of OpenAI's chat completions.

#include "sensorium/models/pixel_tensor.h"
#include "sensorium/models/rt/text_pieces.h"
#include "sensorium/serve/json_schema.h"
#include "sensorium/serve/service.h"

#include <algorithm>
#include <ctime>
#include <random>

namespace sensorium {
namespace {

constexpr size_t kMostMessages = 64, kMostParts = 16, kLongestText = 20'000;

OrderedJson chat_request(bool fetch) {
  const OrderedJson text_part = object_schema(
      {{"type", {{"type", "string"}, {"enum", {"text"}}}}, {"text", {{"type", "string"}, {"maxLength", kLongestText}}}},
      {"type", "text"});
  const OrderedJson url = object_schema({{"url", picture_schema(fetch)}, {"detail", {{"type", "string"}}}}, {"url"});
  const OrderedJson image_part = object_schema(
      {{"type", {{"type", "string"}, {"enum", {"image_url"}}}}, {"image_url", url}}, {"type", "image_url"});
  const OrderedJson content = any_of({{{"type", "string"}, {"maxLength", kLongestText}},
                                      array_schema(any_of({text_part, image_part}), 1, kMostParts)});
  const OrderedJson message =
      object_schema({{"role", {{"type", "string"}, {"enum", {"system", "developer", "user", "assistant"}}}},
                     {"content", content},
                     {"name", {{"type", "string"}}}},
                    {"role", "content"});
  return object_schema(
      {{"messages", array_schema(message, 1, kMostMessages)},
       {"model", string_schema("one that /v1/models lists; default: the first that can")},
       {"max_tokens", integer_schema("tokens at most", 1, 4096)},
       {"max_completion_tokens", integer_schema("the same, under its later name", 1, 4096)},
       {"temperature", number_schema("0 (default): the most probable word each time; above: drawn", 0, 2)},
       {"top_p", number_schema("drawn among the best words that make up this probability", 0.0001, 1)},
       {"seed", integer_schema("the same draws again", 0, int64_t{1} << 53)},
       {"beams", integer_schema("texts searched at once (not with stream)", 1, 16)},
       {"n", integer_schema("one answer", 1, 1)},
       {"stream", {{"type", "boolean"}, {"default", false}}},
       {"stream_options", object_schema({{"include_usage", {{"type", "boolean"}}}}, {})},
       {"user", {{"type", "string"}}}},
      {"messages"});
}

OrderedJson chat_response() {
  const OrderedJson message =
      object_schema({{"role", {{"enum", {"assistant"}}}}, {"content", {{"type", "string"}}}}, {"role", "content"});
  const OrderedJson choice = object_schema(
      {{"index", {{"type", "integer"}}}, {"message", message}, {"finish_reason", {{"enum", {"stop", "length"}}}}},
      {"index", "message", "finish_reason"});
  const OrderedJson number{{"type", "integer"}};
  return object_schema(
      {{"id", {{"type", "string"}}},
       {"object", {{"enum", {"chat.completion"}}}},
       {"created", number},
       {"model", {{"type", "string"}}},
       {"choices", {{"type", "array"}, {"items", choice}}},
       {"usage",
        object_schema({{"prompt_tokens", number}, {"completion_tokens", number}, {"total_tokens", number}}, {})}},
      {"id", "object", "created", "model", "choices", "usage"});
}

/// The last picture, and the words of the last message of the user.
struct Question {
  std::string picture, param, text;
};

Question read_question(const Json& messages) {
  Question q;
  for (size_t m = 0; m < messages.size(); ++m) {
    if (messages[m]["role"] != "user") continue;
    const Json& content = messages[m]["content"];
    q.text.clear();
    if (content.is_string()) {
      q.text = content;
      continue;
    }
    for (size_t i = 0; i < content.size(); ++i) {
      if (content[i].contains("text")) {
        q.text += (q.text.empty() ? "" : " ") + content[i]["text"].get<std::string>();
      } else {
        q.picture = content[i]["image_url"]["url"];
        q.param = fmt::format("messages[{}].content[{}].image_url.url", m, i);
      }
    }
  }
  if (q.picture.empty())
    throw ApiError(400, "messages: expected a message of the user with an image_url, got none", "missing_image",
                   "messages");
  return q;
}

/// All that one answer needs, shared by the request's thread and the batcher's.
struct Writing {
  std::shared_ptr<const ServedModel> model;
  Question question;
  std::shared_ptr<BatchItem> pixels;
  GenerationOptions generation;
  int64_t max_tokens = 50, prompt_tokens = 0, begun_tokens = 1;  // begun: ids that the answer begins with
  bool counts = false;                                           // whether a stream ends with its usage
};

GenerationOptions generation_of(const Json& body) {
  GenerationOptions g;
  g.num_beams = body.value("beams", int64_t{1});
  g.temperature = body.value("temperature", 0.0);
  g.sample = g.temperature > 0;
  if (!g.sample) g.temperature = 1;
  if (g.sample && g.num_beams > 1)
    throw ApiError(400, "beams: expected 1 with a temperature, got more", "invalid_value", "beams");
  if (g.num_beams > 1 && body.value("stream", false))
    throw ApiError(400, "beams: expected 1 with stream, got more: their words are known at the end", "invalid_value",
                   "beams");
  g.top_p = body.value("top_p", 1.0);
  g.seed = body.contains("seed") ? body["seed"].get<uint64_t>() : std::random_device()();
  return g;
}

/// On the batcher's thread: looks, and writes. `on_text` gets each new piece.
GeneratedText write_text(Service& service, Writing& w, const RequestContext& context,
                         const std::function<void(const std::string&)>& on_text) {
  const BlipModel& blip = *w.model->writer;
  const BlipTextConfig& config = blip.model.config.text;
  const auto pixels = pixel_tensor<rt::Tensor>(static_cast<PixelItem&>(*w.pixels).pixels);
  BlipContext<rt::Tensor> seen{look(blip, pixels), {}};
  std::vector<int64_t> prompt = begin_text(config, {});
  if (!w.question.text.empty()) {
    const TokenBatch tokens =
        tokenize_texts(blip.model.config, *blip.tokenizer, std::span(&w.question.text, 1), "chat");
    w.prompt_tokens = tokens.length;
    if (w.model->answers)
      seen.states = encode_questions(blip.model, tokens, seen.states);
    else
      prompt = begin_text(config, tokens.input_ids);
  }
  w.begun_tokens = static_cast<int64_t>(prompt.size());
  BlipWriter<rt::Tensor> writer(blip.model, seen);
  GenerationOptions options = with_end(w.generation, config);
  options.max_new_tokens =
      std::clamp<int64_t>(writer.max_length() - static_cast<int64_t>(prompt.size()), 1, w.max_tokens);
  TextPieces pieces(blip, prompt);
  GenerationHooks hooks;
  hooks.on_token = [&](size_t, int64_t token) {
    context.check();
    if (const std::string piece = pieces.add(token); !piece.empty()) on_text(piece);
    service.batcher.let_others_run();
  };
  if (const std::string begun = pieces.begin(); !begun.empty()) on_text(begun);
  return generate(writer, {prompt}, options, options.num_beams > 1 ? GenerationHooks{} : hooks).at(0);
}

const char* finish_reason(const Writing& w, const GeneratedText& text) {
  return text.ids.back() == with_end({}, w.model->writer->model.config.text).end_token_id ? "stop" : "length";
}

OrderedJson head_of(const HttpRequest& request, const Writing& w, const char* object) {
  return {{"id", "chatcmpl-" + request.id},
          {"object", object},
          {"created", static_cast<int64_t>(std::time(nullptr))},
          {"model", w.model->name}};
}

OrderedJson usage_of(const Writing& w, const GeneratedText& text) {
  const auto written = static_cast<int64_t>(text.ids.size()) - w.begun_tokens;
  return {
      {"prompt_tokens", w.prompt_tokens}, {"completion_tokens", written}, {"total_tokens", w.prompt_tokens + written}};
}

HttpResponse answer_whole(Service& service, const HttpRequest& request, Writing w, const RequestContext& context) {
  const auto shared = std::make_shared<Writing>(std::move(w));
  const auto result = std::make_shared<GeneratedText>();
  service.call(
      *shared->model,
      [&service, shared, result, context] { *result = write_text(service, *shared, context, [](const auto&) {}); },
      context);
  const std::string content = text_of(*shared->model->writer, result->ids);
  OrderedJson json = head_of(request, *shared, "chat.completion");
  json["choices"] = OrderedJson::array({{{"index", 0},
                                         {"message", {{"role", "assistant"}, {"content", content}}},
                                         {"finish_reason", finish_reason(*shared, *result)}}});
  json["usage"] = usage_of(*shared, *result);
  return json_response(json);
}

/// Server-sent events (HTML standard, section 9.2), one a piece of text, then [DONE].
HttpResponse answer_in_pieces(Service& service, const HttpRequest& request, Writing w, const RequestContext& context) {
  const auto shared = std::make_shared<Writing>(std::move(w));
  const OrderedJson head = head_of(request, *shared, "chat.completion.chunk");
  HttpResponse response;
  response.type = "text/event-stream";
  response.headers.emplace_back("Cache-Control", "no-store");
  response.stream = [&service, shared, head, context](const ChunkWriter& write) {
    const auto send = [head, write, shared](const OrderedJson& delta, const OrderedJson& reason) {
      OrderedJson event = head;
      event["choices"] = OrderedJson::array({{{"index", 0}, {"delta", delta}, {"finish_reason", reason}}});
      if (shared->counts) event["usage"] = nullptr;
      if (!write("data: " + event.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n\n"))
        throw ClientGone();
    };
    const auto begun = std::make_shared<bool>(false);
    const auto result = std::make_shared<GeneratedText>();
    try {
      service.call(
          *shared->model,
          [&service, shared, result, context, send, begun] {
            *result = write_text(service, *shared, context, [&](const std::string& piece) {
              if (!*begun) send({{"role", "assistant"}, {"content", ""}}, nullptr);
              *begun = true;
              send({{"content", piece}}, nullptr);
            });
          },
          context);
      send(OrderedJson::object(), finish_reason(*shared, *result));
      if (shared->counts) {
        OrderedJson last = head;
        last["choices"] = OrderedJson::array();
        last["usage"] = usage_of(*shared, *result);
        write("data: " + last.dump() + "\n\n");
      }
      write("data: [DONE]\n\n");
    } catch (const ApiError& e) {
      if (!*begun) throw;
      write("data: " + error_response(e).body + "\n");
    }
  };
  return response;
}

HttpResponse chat(Service& service, const HttpRequest& request, const Json& body, const RequestContext& context) {
  Writing w;
  w.question = read_question(body["messages"]);
  const auto name = body.value("model", "");
  bool asks = !w.question.text.empty();
  if (!name.empty()) {
    asks = service.models.find(name, "")->answers;
  } else {
    const auto all = service.models.all();
    const auto can = [&](const char* c) {
      return std::any_of(all.begin(), all.end(), [&](auto& m) { return m->can(c); });
    };
    if (asks && !can("ask") && can("caption")) asks = false;
  }
  w.model = service.models.find(name, asks ? "ask" : "caption");
  if (asks && w.question.text.empty())
    throw ApiError(400, "messages: expected a question, as this model answers them, got a picture alone",
                   "missing_text", "messages");
  w.generation = generation_of(body);
  w.max_tokens = body.value("max_completion_tokens", body.value("max_tokens", int64_t{50}));
  w.counts = body.value("stream_options", Json::object()).value("include_usage", false);
  w.pixels = service.prepare_pictures(*w.model, {w.question.picture}, {w.question.param}, context).at(0);
  w.question.picture.clear();
  return body.value("stream", false) ? answer_in_pieces(service, request, std::move(w), context)
                                     : answer_whole(service, request, std::move(w), context);
}

}  // namespace

void add_chat_routes(Service& service) {
  Route route = model_route(
      "/v1/chat/completions",
      "The caption of a picture (a captioner; words of the user are how it begins), or the answer to a question about "
      "it",
      chat_request(service.options.fetch), chat_response(),
      [&service](const HttpRequest& request, const Json& body, const RequestContext& context) {
        return chat(service, request, body, context);
      });
  route.streams = true;
  service.router.add(std::move(route));
}

}  // namespace sensorium
