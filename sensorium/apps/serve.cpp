#include "sensorium/apps/serve.h"

#include "sensorium/base/ending.h"
#include "sensorium/base/log.h"
#include "sensorium/serve/application.h"

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium serve",
    "Serves models over HTTP: embeddings, zero-shot labels, captions and answers, search in an "
    "index, and a page for people.",
    "sensorium serve --model out/clip\n"
    "sensorium serve --model clip=out/clip vqa=out/vqa --index out/index --port 9000\n"
    "curl localhost:8080/v1/embeddings -H 'Content-Type: application/json' -d '{\"input\": \"a dog\"}'"};

}  // namespace

int run_serve(const std::vector<std::string>& words) {
  ServeOptions options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  options.check();
  Service service(options);
  ServeApplication application(service);
  HttpServer server(http_options(options), application);
  if (!service.admission.needs_key() && options.host != "127.0.0.1" && options.host != "::1")
    spdlog::warn("everyone who reaches {} may ask: no API keys are set (--keys)", options.host);
  const std::string host = options.host.find(':') == std::string::npos ? options.host : "[" + options.host + "]";
  spdlog::info("serving on {}://{}:{}", options.certificate.empty() ? "http" : "https", host, server.port());
  on_first_ending_signal([&server] { server.stop(); });
  server.run();
  on_first_ending_signal({});
  return 0;
}

}  // namespace sensorium
