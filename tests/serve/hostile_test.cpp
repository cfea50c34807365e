// A whole server on a tiny model against whoever means it harm.

#include "sensorium/base/base64.h"
#include "sensorium/base/rng.h"
#include "sensorium/io/image_encode.h"
#include "sensorium/models/bundle.h"
#include "sensorium/models/rt/rt_ops.h"
#include "sensorium/serve/application.h"
#include "tests/serve/raw_client.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

#include <set>

using namespace sensorium;
using namespace sensorium::test;

namespace {

void write_tiny_clip(const fs::path& folder) {
  const auto tokenizer = load_tokenizer(goldens() / "tokenizers" / "clip_1000");
  ClipVisionConfig vision;
  vision.hidden_size = 16, vision.intermediate_size = 32, vision.num_hidden_layers = 1;
  vision.num_attention_heads = 2, vision.image_size = 16, vision.patch_size = 8;
  ClipTextConfig text;
  text.vocab_size = tokenizer->vocab_size(), text.hidden_size = 16, text.intermediate_size = 32;
  text.num_hidden_layers = 1, text.num_attention_heads = 2, text.max_position_embeddings = 77;
  text.bos_token_id = tokenizer->bos_id(), text.eos_token_id = tokenizer->eos_id();
  DualEncoderConfig c;
  c.vision = vision, c.text = text, c.projection_dim = 8;
  save_dual_encoder(make_dual_encoder<rt::Tensor>(c, 1), folder);
  tokenizer->save(folder);
  ImageProcessorConfig p;
  p.resize_height = p.resize_width = p.crop_height = p.crop_width = 16;
  write_file(folder / "preprocessor_config.json", ImageProcessor(p).to_json().dump() + "\n");
}

/// Logs off, room for everything of a test.
ServeOptions options_of(const fs::path& model) {
  ServeOptions o;
  o.models = {model.string()};
  o.port = 0;
  o.log = "off";
  o.max_body_mb = 1;
  o.max_megapixels = 1;
  o.budget_s = 60;
  o.runtime.threads = 1;
  return o;
}

struct Running {
  Running() {
    write_tiny_clip(scratch / "clip");
    service = std::make_unique<Service>(options_of(scratch / "clip"));
    application = std::make_unique<ServeApplication>(*service);
    HttpServerOptions http = http_options(service->options);
    http.signals = false;
    server = std::make_unique<HttpServer>(http, *application);
    thread = std::thread([this] { server->run(); });
  }
  ~Running() {
    server->stop();
    thread.join();
  }
  std::string ask(const std::string& request) const {
    RawClient client(server->port());
    client.send(request);
    return client.receive();
  }
  std::string embed_picture(const std::string& bytes) const {
    return ask(http_post("/v1/embeddings", "{\"modality\":\"image\",\"input\":\"" + base64_encode(bytes) + "\"}"));
  }
  ScratchFolder scratch;
  std::unique_ptr<Service> service;
  std::unique_ptr<ServeApplication> application;
  std::unique_ptr<HttpServer> server;
  std::thread thread;
};

/// A PNG that says it is of this size, with hardly any data.
std::string boasting_png(uint32_t width, uint32_t height) {
  std::string png = encode_png(Image(8, 8));
  for (int i = 0; i < 4; ++i) {
    png[static_cast<size_t>(16 + i)] = static_cast<char>(width >> (24 - 8 * i));
    png[static_cast<size_t>(20 + i)] = static_cast<char>(height >> (24 - 8 * i));
  }
  return png;
}

/// A request with some of its bytes changed, cut out or doubled.
std::string damaged(std::string text, CounterRng& rng) {
  for (uint64_t n = 1 + rng.below(4); n > 0 && !text.empty(); --n) {
    const size_t at = rng.below(text.size());
    switch (rng.below(4)) {
      case 0:
        text[at] = static_cast<char>(rng.below(256));
        break;
      case 1:
        text.erase(at, 1 + rng.below(8));
        break;
      case 2:
        text.insert(at, text.substr(at, 1 + rng.below(8)));
        break;
      default:
        text.insert(at, 1, "{}[]\",:\\\r\n%/"[rng.below(12)]);
    }
  }
  return text;
}

}  // namespace

TEST_CASE("a picture that would fill the memory is refused before it does") {
  const Running s;
  for (const auto& [w, h] : {std::pair(60000U, 60000U), {0x7fffffffU, 0x7fffffffU}, {2000U, 2000U}, {0U, 5U}}) {
    const double before = resident_bytes();
    const std::string answer = s.embed_picture(boasting_png(w, h));
    CHECK_MESSAGE(status_in(answer) == 400, w << "x" << h << " " << answer);
    CHECK(body_in(answer).find("\"param\":\"input[0]\"") != std::string::npos);
    CHECK(resident_bytes() - before < 50e6);
  }
  CHECK(status_in(s.embed_picture(std::string(1000, 'x'))) == 400);
  CHECK(status_in(s.embed_picture(encode_png(Image(8, 8)))) == 200);
}

TEST_CASE("paths that try to lead elsewhere lead nowhere") {
  const Running s;
  for (const char* path : {"/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/v1/models/..%2f..%2fetc%2fpasswd",
                           "//etc/passwd", "/js/../../etc/passwd", "/v1/index/items/..%2f/picture", "/v1/models/%00"}) {
    const int status = status_in(s.ask(std::string("GET ") + path + " HTTP/1.1\r\nHost: a\r\n\r\n"));
    CHECK_MESSAGE((status == 404 || status == 400), path << " " << status);
  }
}

TEST_CASE("wrong types get 400, naming the field") {
  const Running s;
  const std::map<std::string, std::string> bodies{{R"({"input":null})", "input"},
                                                  {R"({"input":[1,2]})", "input[0]"},
                                                  {R"({"input":"a","modality":"smell"})", "modality"},
                                                  {R"({"input":"a","dimensions":99999})", "dimensions"},
                                                  {R"({"input":"a","dimensions":-1})", "dimensions"},
                                                  {R"({"input":"a","model":7})", "model"}};
  for (const auto& [body, param] : bodies) {
    const std::string answer = s.ask(http_post("/v1/embeddings", body));
    CHECK(status_in(answer) == 400);
    CHECK_MESSAGE(answer.find("\"param\":\"" + param + "\"") != std::string::npos, answer);
  }
  CHECK(status_in(s.ask(http_post("/v1/embeddings", R"({"input":"a","model":"other"})"))) == 404);
}

TEST_CASE("ten thousand damaged requests: a right status or an ended connection, and the server lives") {
  const Running s;
  const std::string picture = base64_encode(encode_png(Image(8, 8)));
  const std::string whole[] = {
      http_post("/v1/embeddings", R"({"input":["a dog","a cat"],"encoding_format":"base64","dimensions":4})"),
      http_post("/v1/embeddings", "{\"modality\":\"image\",\"input\":\"data:image/png;base64," + picture + "\"}"),
      http_post("/v1/classify", "{\"labels\":[\"a\",\"b\"],\"templates\":[\"a {}\"],\"input\":\"" + picture + "\"}"),
      http_post("/v1/rerank",
                "{\"query\":\"q\",\"documents\":[\"a\",{\"text\":\"b\"},{\"image\":\"" + picture + "\"}]}"),
      http_post("/v1/chat/completions", R"({"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]})"),
      http_post("/v1/search", R"({"text":"a","k":3,"filter":{"a":1}})"),
      "GET /v1/index/items?limit=5&after=a%20b HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /v1/models/clip HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\n\r\n"};
  const std::set<int> right{0, 200, 204, 304, 400, 403, 404, 405, 413, 415, 431};
  std::map<int, int> statuses;
  auto client = std::make_unique<RawClient>(s.server->port());
  for (uint64_t i = 0; i < 10'000; ++i) {
    CounterRng rng(3, i);
    const std::string request = damaged(whole[rng.below(std::size(whole))], rng);
    client->send(request);
    client->half_close();  // so that a body that was promised and never comes is not waited for
    const int status = status_in(client->receive());
    ++statuses[status];
    CHECK_MESSAGE(right.count(status) == 1, status << "\n" << request);
    client = std::make_unique<RawClient>(s.server->port());
  }
  CHECK(statuses[200] > 0);
  CHECK(statuses[400] > 1000);
  CHECK(status_in(s.ask(http_post("/v1/embeddings", R"({"input":"alive"})"))) == 200);
}
