#pragma once
// The routes behind the server: who may ask, what is logged and counted.

#include "sensorium/serve/http_server.h"
#include "sensorium/serve/service.h"

namespace sensorium {

class ServeApplication : public HttpApplication {
 public:
  explicit ServeApplication(Service& service) : service_(service) {}
  bool admit(HttpRequest& head) override;
  void check_load(const HttpRequest& request, size_t at_work) override;
  HttpResponse answer(const HttpRequest& request, const RequestContext& context) override;
  std::vector<std::pair<std::string, std::string>> headers_for(const HttpRequest& request) override;
  void finished(const HttpRequest& request, int status, size_t bytes, double seconds) override;
  void refused(const std::string& reason) override;
  void draining() override;
  void reload() override;

 private:
  Service& service_;
};

/// The options that concern connections.
HttpServerOptions http_options(const ServeOptions& options);

}  // namespace sensorium
