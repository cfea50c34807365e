// Two servers on one index in PostgreSQL, made by the commands: what a deployment with docker-compose.yml amounts to.

#include "sensorium/base/base64.h"
#include "sensorium/base/error.h"
#include "sensorium/base/json.h"
#include "tests/browser/http_client.h"
#include "tests/browser/process.h"
#include "tests/index/postgres_server.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <optional>
#include <thread>

using namespace sensorium;
using namespace sensorium::test;

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  if (!value) throw EnvironmentError("test", "expected the variable {} (ctest sets it), got none", name);
  return value;
}

std::string program() {
  return variable("SENSORIUM_BIN") + "/sensorium";
}

std::string model() {
  return variable("TINY") + "/clip";
}

std::string picture(const std::string& name) {
  return base64_encode(read_file(fs::path(variable("TINY")) / "pictures" / (name + ".png")));
}

/// Database, index of the ten pictures, and the folder of pictures that requests add.
struct Shared {
  explicit Shared(PostgresServer& server = PostgresServer::shared()) : database(server.new_database()) {
    Process(std::vector<std::string>{program(), "index", "create", database, "--model", model()}, scratch / "create")
        .wait_for("(an empty index)");
    Process(std::vector<std::string>{program(), "index", "add", database, variable("TINY") + "/pictures", "--model",
                                     model()},
            scratch / "add")
        .wait_for("(10) added");
  }
  std::string database;
  ScratchFolder scratch;
};

class Server {
 public:
  Server(const Shared& shared, const std::string& log)
      : process_({program(), "serve", "--model", model(), "--index", shared.database, "--picture-store",
                  shared.scratch / "store", "--pictures", variable("TINY") + "/pictures", "--port", "0"},
                 shared.scratch / log),
        address_("http://127.0.0.1:" + process_.wait_for("serving on http://127\\.0\\.0\\.1:([0-9]+)")) {}

  HttpAnswer call(const std::string& method, const std::string& path, const Json& body = nullptr) const {
    return http_call(method, address_ + path, body.is_null() ? "" : body.dump());
  }
  Json search(const Json& body) const {
    const HttpAnswer answer = call("POST", "/v1/search", body);
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    return Json::parse(answer.body).at("data");
  }
  void add(const std::string& id, const std::string& name, const std::string& caption) const {
    const Json item = {{"id", id}, {"picture", picture(name)}, {"metadata", {{"caption", caption}}}};
    const HttpAnswer answer = call("POST", "/v1/index/items", {{"items", {item}}});
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
  }
  int remove(const std::string& id) const { return call("DELETE", "/v1/index/items/" + id).status; }

 private:
  Process process_;
  std::string address_;
};

}  // namespace

TEST_CASE("two servers on one database see each other's changes") {
  const Shared shared;
  const Server a(shared, "a"), b(shared, "b");
  CHECK(a.search({{"text", "a red pattern"}, {"k", 10}}) == b.search({{"text", "a red pattern"}, {"k", 10}}));
  const Json same = b.search({{"picture", picture("blue")}, {"k", 1}});
  CHECK(same[0]["id"].get<std::string>().ends_with("/blue.png"));
  CHECK(same[0]["score"].get<double>() > 0.999);

  a.add("new", "pink", "something of its own");
  CHECK(b.search({{"text", "something of its own"}, {"k", 1}})[0]["id"] == "new");
  CHECK(b.call("GET", "/v1/index/items/new/picture").body == base64_decode(picture("pink"), "test"));
  CHECK(b.remove("new") == 200);
  CHECK(a.remove("new") == 404);
  CHECK(a.call("GET", "/v1/index/items/new").status == 404);
  CHECK(Json::parse(a.call("GET", "/v1/index/stats").body)["items"] == 10);
}

TEST_CASE("a server searches while another one adds and removes") {
  const Shared shared;
  const Server a(shared, "a"), b(shared, "b");
  std::atomic<bool> done{false};
  std::atomic<int> failures{0};
  std::thread writer([&] {
    for (int i = 0; i < 10; ++i) {
      const std::string id = "item" + std::to_string(i);
      const Json item = {{"id", id}, {"picture", picture("red")}, {"metadata", {{"caption", "passing"}}}};
      if (a.call("POST", "/v1/index/items", {{"items", {item}}}).status != 200) ++failures;
      if (b.call("GET", "/v1/index/items/" + id).status != 200) ++failures;
      if (a.remove(id) != 200) ++failures;
      if (b.call("GET", "/v1/index/items/" + id).status != 404) ++failures;
    }
    done = true;
  });
  int searches = 0;
  for (; !done || searches < 10; ++searches)
    if (b.search({{"text", "a red pattern"}, {"k", 10}}).size() != 10) ++failures;
  writer.join();
  CHECK(failures == 0);
}

TEST_CASE("a database that is gone is a 503 that does not name it, and one that is back is found") {
  std::optional<PostgresServer> postgres(std::in_place);
  const Shared shared(*postgres);
  const Server server(shared, "a");
  const Json query = {{"text", "a red pattern"}, {"k", 10}};
  CHECK(server.search(query).size() == 10);
  postgres->crash_and_restart();
  CHECK(server.search(query).size() == 10);
  postgres.reset();
  const HttpAnswer answer = server.call("POST", "/v1/search", query);
  CHECK(answer.status == 503);
  CHECK(Json::parse(answer.body)["error"]["message"] ==
        "expected the index's database to answer, got an error that the log has");
  CHECK(server.call("GET", "/health").status == 200);
}
