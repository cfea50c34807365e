#include "tests/browser/server.h"

#include "sensorium/base/base64.h"
#include "sensorium/base/error.h"
#include "sensorium/base/json.h"
#include "sensorium/index/vector_index.h"
#include "sensorium/models/model_hash.h"
#include "tests/browser/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace sensorium::test {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  if (!value) throw EnvironmentError("test", "expected the variable {} (ctest sets it), got none", name);
  return value;
}

/// A port that nobody listens on now.
int free_port() {
  const int s = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof a;
  const bool ok = ::bind(s, reinterpret_cast<sockaddr*>(&a), size) == 0 &&
                  ::getsockname(s, reinterpret_cast<sockaddr*>(&a), &size) == 0;
  ::close(s);
  if (!ok) throw EnvironmentError("test", "expected a free port on the loopback, got none");
  return ntohs(a.sin_port);
}

constexpr int64_t kTinyWidth = 16;  // of make_tiny_models' CLIP

/// The ten pictures with a caption each, under their names, through the API.
void add_pictures(const std::string& address, const std::vector<std::string>& headers) {
  Json items = Json::array();
  for (const auto& entry : fs::directory_iterator(PageServer::picture(""))) {
    if (entry.path().extension() != ".png") continue;
    items.push_back({{"id", entry.path().filename().string()},
                     {"picture", base64_encode(read_file(entry.path()))},
                     {"metadata", {{"caption", "a " + entry.path().stem().string() + " pattern"}}}});
  }
  const HttpAnswer answer = http_call("POST", address, Json{{"items", items}}.dump(), headers);
  if (answer.status != 200) throw InputError("test", "expected the pictures to be added, got {}", answer.body);
}

}  // namespace

PageServer::PageServer(const std::vector<std::string>& models, bool index, const std::vector<std::string>& options,
                       const std::vector<std::string>& headers)
    : port_(free_port()) {
  const std::string program = variable("SENSORIUM_BIN") + "/sensorium", tiny = variable("TINY") + "/";
  words_ = {program, "serve", "--port", std::to_string(port_)};
  for (const std::string& m : models) words_.insert(words_.end(), {"--model", tiny + m});
  if (index) {
    IndexOptions made;
    made.width = kTinyWidth;
    made.model_hash = model_hash(tiny + "clip");
    create_index(scratch_ / "index", made);
    words_.insert(words_.end(), {"--index", scratch_ / "index"});
  }
  words_.insert(words_.end(), options.begin(), options.end());
  start();
  if (index) add_pictures(address("/v1/index/items"), headers);
}

std::string PageServer::address(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

void PageServer::start() {
  process_ = std::make_unique<Process>(words_, scratch_ / "serve.log");
  for (int i = 0; i < 600 && process_->running(); ++i) {
    try {
      if (http_call("GET", address("/ready")).status == 200) return;
    } catch (const EnvironmentError&) {
      // not yet listening
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  throw EnvironmentError("test", "expected the server to be ready, got:\n{}", process_->output());
}

fs::path PageServer::picture(const std::string& name) {
  return fs::path(variable("TINY")) / "pictures" / name;
}

}  // namespace sensorium::test
