// `sensorium serve` under load, beside the same model called without a server, in one process: serve_load MODEL PICTURE
// [clients=64] [seconds=20] [batches=32] prints JSON. serve_load make FOLDER TOKENIZER writes a CLIP of the size of
// ViT-B/32 with random weights. serve_load soak MODEL PICTURE REQUESTS sends a mixture of requests, 5 % of them
// hostile, and tells statuses and memory.
//
// MODEL is a dual encoder's folder, PICTURE a file that every request for a picture carries.

#include "bench/end_to_end/seconds_of_processor.h"
#include "sensorium/base/base64.h"
#include "sensorium/base/rng.h"
#include "sensorium/models/bundle.h"
#include "sensorium/models/rt/rt_ops.h"
#include "sensorium/serve/application.h"
#include "tests/serve/raw_client.h"

#include <algorithm>
#include <thread>

using namespace sensorium;
using Clock = std::chrono::steady_clock;

namespace {

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<size_t>(q * static_cast<double>(values.size())))];
}

struct Serving {
  explicit Serving(const ServeOptions& options) : service(options), application(service) {
    HttpServerOptions http = http_options(options);
    http.signals = false;
    server = std::make_unique<HttpServer>(http, application);
    thread = std::thread([this] { server->run(); });
  }
  ~Serving() {
    server->stop();
    thread.join();
  }
  Service service;
  ServeApplication application;
  std::unique_ptr<HttpServer> server;
  std::thread thread;
};

/// What one kind of work came to, in all its rounds.
struct Load {
  std::map<int, size_t> statuses;
  std::vector<double> accepted_s;
  size_t items = 0;
  double seconds = 0, processor_s = 0;
  double rate() const { return static_cast<double>(items) / seconds; }
  void operator+=(const Load& more) {
    for (const auto& [status, n] : more.statuses) statuses[status] += n;
    accepted_s.insert(accepted_s.end(), more.accepted_s.begin(), more.accepted_s.end());
    items += more.items;
    seconds += more.seconds;
    processor_s += more.processor_s;
  }
  OrderedJson to_json() const {
    OrderedJson json{{"a_second", rate()}, {"processor_ms_an_item", 1000 * processor_s / static_cast<double>(items)}};
    if (!accepted_s.empty()) {
      json["p50_ms"] = 1000 * quantile(accepted_s, 0.5);
      json["p99_ms"] = 1000 * quantile(accepted_s, 0.99);
    }
    for (const auto& [status, n] : statuses) json["statuses"][std::to_string(status)] = n;
    return json;
  }
};

/// Runs `work`, which tells what it did, and takes its time.
template <class F>
Load timed(F work) {
  const auto start = Clock::now();
  const double processor_start = bench::seconds_of_processor();
  Load load = work();
  load.seconds = seconds_since(start);
  load.processor_s = bench::seconds_of_processor() - processor_start;
  return load;
}

/// So many clients, each asking again as soon as it was answered (after a refusal: when it was told to, at most).
Load put_load(int port, size_t clients, double seconds, const std::string& request) {
  Load load;
  std::mutex mutex;
  std::vector<std::thread> threads;
  const auto start = Clock::now();
  for (size_t i = 0; i < clients; ++i)
    threads.emplace_back([&] {
      test::RawClient client(port);
      while (seconds_since(start) < seconds) {
        const auto asked = Clock::now();
        client.send(request);
        const int status = test::status_in(client.receive(120));
        {
          std::lock_guard lock(mutex);
          ++load.statuses[status];
          if (status == 200) load.accepted_s.push_back(seconds_since(asked));
        }
        if (status == 429) std::this_thread::sleep_for(std::chrono::milliseconds(500));
        if (status == 0) return;
      }
    });
  for (auto& thread : threads) thread.join();
  load.items = load.accepted_s.size();
  return load;
}

/// The same work without a server: pictures from their files, decoded beside the model.
Load embed_pictures(const Embedder& model, const fs::path& picture, double seconds, int batch) {
  Load load;
  Tally skipped;
  const auto start = Clock::now();
  const PictureStream endless = [&]() -> std::optional<PictureItem> {
    if (seconds_since(start) > seconds) return std::nullopt;
    return PictureItem{picture, "picture"};
  };
  encode_pictures(endless, *model.processor, model.encode_pixels, {batch, 0, 0}, skipped,
                  [&](PictureBatch&& b) { load.items += b.indices.size(); });
  return load;
}

Load embed_texts(const Embedder& model, const std::string& text, double seconds, int batch) {
  Load load;
  const std::vector<std::string> texts(static_cast<size_t>(batch), text);
  for (const auto start = Clock::now(); seconds_since(start) < seconds; load.items += texts.size())
    model.encode_texts(texts);
  return load;
}

/// One item at a time, of the model alone.
template <class Work>
Load one_by_one(double seconds, const Work& work) {
  Load load;
  for (const auto start = Clock::now(); seconds_since(start) < seconds; ++load.items) {
    const auto asked = Clock::now();
    work();
    load.accepted_s.push_back(seconds_since(asked));
  }
  return load;
}

void make_model(const fs::path& folder, const fs::path& tokenizer_folder) {
  const auto tokenizer = load_tokenizer(tokenizer_folder);
  DualEncoderConfig c;
  ClipVisionConfig vision;
  vision.hidden_size = 768, vision.intermediate_size = 3072, vision.num_hidden_layers = 12;
  vision.num_attention_heads = 12, vision.image_size = 224, vision.patch_size = 32;
  ClipTextConfig text;
  text.vocab_size = std::max<int64_t>(49408, tokenizer->vocab_size()), text.hidden_size = 512;
  text.intermediate_size = 2048, text.num_hidden_layers = 12, text.num_attention_heads = 8;
  text.max_position_embeddings = 77;
  text.bos_token_id = tokenizer->bos_id(), text.eos_token_id = tokenizer->eos_id();
  c.vision = vision, c.text = text, c.projection_dim = 512;
  save_dual_encoder(make_dual_encoder<rt::Tensor>(c, 1), folder);
  tokenizer->save(folder);
  write_file(folder / "preprocessor_config.json", ImageProcessor(ImageProcessorConfig{}).to_json().dump(2) + "\n");
}

std::string picture_request(const std::string& bytes) {
  return test::http_post("/v1/embeddings", "{\"input\":\"" + base64_encode(bytes) +
                                               "\",\"modality\":\"image\",\"encoding_format\":\"base64\"}");
}

std::string text_request(const std::string& text) {
  return test::http_post("/v1/embeddings", "{\"input\":\"" + text + "\",\"encoding_format\":\"base64\"}");
}

void measure(const fs::path& folder, const fs::path& picture, size_t clients, double seconds, int batch) {
  const std::string bytes = read_file(picture), text = "a photo of a dog that runs along the beach in the evening sun";
  ServeOptions options;
  options.models = {folder.string()};
  options.port = 0;
  options.log = "off";
  options.max_batch = batch;
  OrderedJson out{{"model", folder.string()}, {"clients", clients}};
  const Embedder model = load_embedder(folder, options.runtime);
  Serving serving(options);
  const int port = serving.server->port();
  const std::string with_picture = picture_request(bytes), with_text = text_request(text);
  ImagePipeline pipeline(*model.processor);
  Pixels pixels = model.processor->pixels(1);
  const auto embed_picture = [&] {
    pipeline.run(std::as_bytes(std::span(bytes)), "picture", pixels.picture(0));
    model.encode_pixels(pixels);
  };
  const auto embed_text = [&] { model.encode_texts(std::span(&text, 1)); };
  put_load(port, 8, 2, with_picture);  // warm
  std::map<std::string, Load> seen;
  constexpr int kRounds = 4;
  for (int round = 0; round < kRounds; ++round) {
    const double whole = seconds / kRounds, part = whole / 4;
    const auto run = [&](const char* name, auto work) { seen[name] += timed(work); };
    run("bare picture", [&] { return one_by_one(part, embed_picture); });
    run("one client, pictures", [&] { return put_load(port, 1, part, with_picture); });
    run("bare text", [&] { return one_by_one(part, embed_text); });
    run("one client, texts", [&] { return put_load(port, 1, part, with_text); });
    run("offline pictures", [&] { return embed_pictures(model, picture, whole, batch); });
    run("pictures", [&] { return put_load(port, clients, whole, with_picture); });
    run("offline texts", [&] { return embed_texts(model, text, whole, batch); });
    run("texts", [&] { return put_load(port, clients, whole, with_text); });
    run("overload, pictures", [&] { return put_load(port, 10 * clients, whole, with_picture); });
  }
  const auto p50 = [&](const char* name) { return quantile(seen[name].accepted_s, 0.5); };
  out["p50_ratio_to_bare"] = {{"picture", p50("one client, pictures") / p50("bare picture")},
                              {"text", p50("one client, texts") / p50("bare text")}};
  out["ratio_to_offline"] = {{"pictures", seen["pictures"].rate() / seen["offline pictures"].rate()},
                             {"texts", seen["texts"].rate() / seen["offline texts"].rate()}};
  out["overload_p99_ms"] = 1000 * quantile(seen["overload, pictures"].accepted_s, 0.99);
  out["budget_s"] = options.budget_s;
  for (const auto& [name, load] : seen) out["loads"][name] = load.to_json();
  fmt::print("{}\n", out.dump(2));
}

/// One of many kinds of request; `kind` below 5 of 100 is hostile.
std::string soak_request(uint64_t kind, const std::string& picture, CounterRng& rng) {
  switch (kind) {
    case 0:
      return "GARBAGE \x01\x02\x03\r\n\r\n";
    case 1:
      return test::http_post("/v1/embeddings", std::string(3000, '['));
    case 2:
      return test::http_post("/v1/embeddings", "{\"input\":{\"a\":" + std::to_string(rng.below(1000)) + "}}");
    case 3:
      return "GET /v1/../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n";
    case 4:
      return test::http_post("/v1/embeddings", "{\"input\":\"aGVsbG8=\",\"modality\":\"image\"}");
    default:
      if (kind < 30) return picture_request(picture);
      if (kind < 40) return "GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n";
      if (kind < 50) return "GET /health HTTP/1.1\r\nHost: a\r\n\r\n";
      return text_request("words number " + std::to_string(rng.below(100'000)));
  }
}

void soak(const fs::path& folder, const fs::path& picture, size_t requests) {
  ServeOptions options;
  options.models = {folder.string()};
  options.port = 0;
  options.log = "off";
  Serving serving(options);
  const int port = serving.server->port();
  const std::string bytes = read_file(picture);
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::map<int, size_t> statuses;
  OrderedJson memory = OrderedJson::array();
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      auto client = std::make_unique<test::RawClient>(port);
      for (size_t i = next++; i < requests; i = next++) {
        CounterRng rng(1, i);
        const uint64_t kind = rng.below(100);
        if (!client->send(soak_request(kind, bytes, rng))) client = std::make_unique<test::RawClient>(port);
        const std::string answer = client->receive(30);
        {
          std::lock_guard lock(mutex);
          ++statuses[test::status_in(answer)];
          if (i % (requests / 10) == 0)
            memory.push_back({{"requests", i}, {"resident_mb", resident_bytes() / 1048576}});
        }
        if (answer.empty() || answer.find("Connection: close") != std::string::npos)
          client = std::make_unique<test::RawClient>(port);
      }
    });
  const auto start = Clock::now();
  for (auto& thread : threads) thread.join();
  OrderedJson out{{"requests", requests}, {"seconds", seconds_since(start)}, {"memory", memory}};
  for (const auto& [status, n] : statuses) out["statuses"][std::to_string(status)] = n;
  out["open_files_at_end"] = open_files();
  fmt::print("{}\n", out.dump(2));
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    const auto number = [&](size_t i, double fallback) { return words.size() > i ? std::stod(words[i]) : fallback; };
    if (words.size() == 3 && words[0] == "make")
      make_model(words[1], words[2]);
    else if (words.size() == 4 && words[0] == "soak")
      soak(words[1], words[2], static_cast<size_t>(number(3, 0)));
    else if (words.size() >= 2)
      measure(words[0], words[1], static_cast<size_t>(number(2, 64)), number(3, 20), static_cast<int>(number(4, 32)));
    else
      throw UsageError("serve_load",
                       "expected MODEL PICTURE [clients] [seconds] [batch], make FOLDER TOKENIZER, or soak "
                       "MODEL PICTURE REQUESTS");
    return 0;
  } catch (const std::exception& e) {
    fmt::print(stderr, "error: {}\n", e.what());
    return 1;
  }
}
