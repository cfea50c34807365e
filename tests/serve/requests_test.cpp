// What requests are held against, and how they are refused.

#include "sensorium/index/index_away.h"
#include "sensorium/serve/admission.h"
#include "sensorium/serve/json_schema.h"
#include "sensorium/serve/openapi.h"
#include "sensorium/serve/picture_input.h"
#include "sensorium/serve/stored_picture.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

using namespace sensorium;

namespace {

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const ApiError& e) {
    return fmt::format("{} {} | {} | {}", e.status, e.what(), e.code, e.param);
  }
  return "";
}

const OrderedJson kSchema =
    object_schema({{"input", any_of({string_schema("a text", 5), array_schema(string_schema("a text", 5), 1, 2)})},
                   {"k", integer_schema("", 1, 10)},
                   {"mode", {{"type", "string"}, {"enum", {"a", "b"}}}},
                   {"on", {{"type", "boolean"}}}},
                  {"input"});

std::string checked(const char* text) {
  return refusal([&] { check_schema(kSchema, Json::parse(text)); });
}

Router echo_router() {
  Router router;
  Route route;
  route.method = "POST";
  route.path = "/v1/things/{id}";
  route.request = kSchema;
  route.handler = [](const HttpRequest& request, const Json& body, const RequestContext&) {
    return json_response({{"id", request.parameters.at("id")}, {"body", body}});
  };
  router.add(std::move(route));
  return router;
}

std::string asked(const std::string& method, const std::string& path, const std::string& body,
                  const std::string& type = "application/json") {
  const Router router = echo_router();
  std::string answer;
  const std::string fault = refusal([&] {
    HttpRequest request;
    request.method = method;
    request.path = path;
    request.body = body;
    request.headers["content-type"] = type;
    answer = router.answer(router.find(request), request, {}).body;
  });
  return fault.empty() ? answer : fault;
}

}  // namespace

TEST_CASE("a body that fits its schema passes") {
  for (const char* text : {R"({"input":"abc"})", R"({"input":["a","b"],"k":10,"mode":"b","on":true})",
                           R"({"input":"äöüßé"})", R"({"input":"a","k":2.0})"})
    CHECK(checked(text) == "");
}

TEST_CASE("a body that does not is refused by the field at fault") {
  CHECK(checked("[]") == "400 body: expected an object, got [] | invalid_value | ");
  CHECK(checked("{}") == "400 input: expected a value, got none | invalid_value | input");
  CHECK(checked(R"({"input":5})") == "400 input: expected a string or an array, got 5 | invalid_value | input");
  CHECK(checked(R"({"input":["a",7]})") == "400 input[1]: expected a string, got 7 | invalid_value | input[1]");
  CHECK(checked(R"({"input":[]})") == "400 input: expected at least 1 items, got 0 | invalid_value | input");
  CHECK(checked(R"({"input":["a","b","c"]})") == "400 input: expected at most 2 items, got 3 | invalid_value | input");
  CHECK(checked(R"({"input":""})") ==
        "400 input: expected a string that is not empty, got \"\" | invalid_value | input");
  CHECK(checked(R"({"input":"abcdef"})") == "400 input: expected at most 5 characters, got 6 | invalid_value | input");
  CHECK(checked(R"({"input":"a","k":0})") == "400 k: expected a number from 1 to 10, got 0 | invalid_value | k");
  CHECK(checked(R"({"input":"a","k":1e300})") == "400 k: expected an integer, got 1e+300 | invalid_value | k");
  CHECK(checked(R"({"input":"a","k":"1"})") == "400 k: expected an integer, got \"1\" | invalid_value | k");
  CHECK(checked(R"({"input":"a","mode":"c"})") ==
        "400 mode: expected one of [\"a\",\"b\"], got \"c\" | invalid_value | mode");
  CHECK(checked(R"({"input":"a","on":null})") == "400 on: expected a boolean, got null | invalid_value | on");
  CHECK(checked(R"({"input":"a","x":1})") ==
        "400 x: expected one of the fields input, k, mode, on, got a field of another name | invalid_value | x");
}

TEST_CASE("routes are found by method and path, with the parts of the path decoded") {
  CHECK(asked("POST", "/v1/things/a%20b%2Fc", R"({"input":"a"})") == "{\"id\":\"a b/c\",\"body\":{\"input\":\"a\"}}\n");
  CHECK(asked("POST", "/v1/things/", "{}") ==
        "404 expected a path that /openapi.json lists, got /v1/things/ | unknown_path | ");
  CHECK(asked("POST", "/v1/things/a/b", "{}").starts_with("404 "));
  CHECK(asked("GET", "/v1/things/a", "") == "405 /v1/things/a: expected POST, got GET | wrong_method | ");
  CHECK(asked("POST", "/v1/things/%0a", "{}") == "400 expected no control characters in the address | bad_address | ");
  CHECK(asked("POST", "/v1/things/%4", "{}") == "400 expected two hex digits after % in the address | bad_address | ");
}

TEST_CASE("bodies that are no JSON of bounded depth are refused") {
  CHECK(asked("POST", "/v1/things/a", "{") == "400 body: expected JSON, got none | invalid_json | ");
  CHECK(asked("POST", "/v1/things/a", "\xff\xfe").starts_with("400 body: expected JSON, got none"));
  CHECK(asked("POST", "/v1/things/a", std::string(100'000, '[')) ==
        "400 body: expected JSON of at most 32 levels, got more | invalid_json | ");
  CHECK(asked("POST", "/v1/things/a", "{}", "text/plain") ==
        "415 expected a Content-Type of application/json, got \"text/plain\" | unsupported_media_type | ");
}

TEST_CASE("typed errors of the rooms below are the client's or the server's") {
  Router router;
  Route route;
  route.method = "GET";
  route.path = "/x";
  std::function<void()> act;
  route.handler = [&](const auto&, const auto&, const auto&) {
    act();
    return HttpResponse{};
  };
  router.add(std::move(route));
  const auto answer = [&] {
    return refusal([&] {
      HttpRequest request;
      request.method = "GET";
      request.path = "/x";
      router.answer(router.find(request), request, {});
    });
  };
  act = [] { throw InputError("text", "expected less, got more"); };
  CHECK(answer() == "400 [text] expected less, got more | invalid_value | ");
  act = [] { throw EnvironmentError("disk", "expected room, got none"); };
  CHECK(answer() == "500 [disk] expected room, got none | environment | ");
  act = [] { throw IndexAway("index", "expected a host, got none"); };
  CHECK(answer() == "503 expected the index's database to answer, got an error that the log has | index_away | ");
  act = [] { throw std::bad_alloc(); };
  CHECK(answer() == "503 expected enough memory, got none | memory | ");
}

TEST_CASE("errors have OpenAI's shape") {
  ApiError error(429, "expected less", "busy", "input");
  error.retry_after_s = 2.2;
  const HttpResponse response = error_response(error);
  CHECK(response.body ==
        "{\"error\":{\"message\":\"expected "
        "less\",\"type\":\"rate_limit_error\",\"param\":\"input\",\"code\":\"busy\"}}\n");
  CHECK(response.headers == std::vector<std::pair<std::string, std::string>>{{"Retry-After", "3"}});
}

TEST_CASE("keys and origins") {
  const Admission admission({"0123456789abcdef"}, {"https://friend.example"});
  HttpRequest request;
  CHECK(refusal([&] { admission.check_key(request); }) ==
        "401 expected a header \"Authorization: Bearer KEY\", got none | missing_api_key | ");
  request.headers["authorization"] = "Bearer 0123456789abcdeg";
  CHECK(refusal([&] { admission.check_key(request); }) ==
        "401 expected a key that is known here, got another | invalid_api_key | ");
  request.headers["authorization"] = "Bearer 0123456789abcdef";
  CHECK(refusal([&] { admission.check_key(request); }) == "");
  CHECK(refusal([&] { Admission({}, {}).check_key({}); }) == "");

  request.method = "POST";
  request.headers["host"] = "localhost:8080";
  for (const auto& [origin, refused] : std::map<std::string, bool>{{"http://localhost:8080", false},
                                                                   {"https://friend.example", false},
                                                                   {"https://evil.example", true},
                                                                   {"null", true}}) {
    request.headers["origin"] = origin;
    CHECK_MESSAGE((refusal([&] { admission.check_origin(request); }) != "") == refused, origin);
  }
  CHECK(admission.cors_headers(request).empty());
  request.headers["origin"] = "https://friend.example";
  CHECK(admission.cors_headers(request).at(0).second == "https://friend.example");
}

TEST_CASE("pictures come as base64 or data addresses, and by the web only where that is allowed") {
  const auto read = [](const std::string& text, bool fetch = false) {
    std::string got;
    const std::string fault = refusal([&] { got = read_picture(text, "input[0]", {fetch, 1 << 20}, {}); });
    return fault.empty() ? got : fault;
  };
  CHECK(read("aGVsbG8=") == "hello");
  CHECK(read("data:image/png;base64,aGVsbG8=") == "hello");
  CHECK(read("data:image/png,hello").starts_with("400 input[0]: expected data:image/...;base64,..., got another"));
  CHECK(read("data:image/png;base64,").starts_with("400 input[0]: expected a picture, got no bytes"));
  CHECK(read("no base64!!!").starts_with("400 [base64] input[0]: expected base64, got byte"));
  CHECK(read("http://example.org/a.png") ==
        "400 input[0]: expected a data: address or base64 (this server fetches no addresses), got one | "
        "fetching_is_off | input[0]");
}

TEST_CASE("no address leads to a machine that is not public") {
  for (const char* address :
       {"http://127.0.0.1/a.png", "http://localhost:22/", "http://[::1]/a.png", "http://10.0.0.1/a",
        "http://169.254.169.254/meta", "http://0x7f000001/", "http://2130706433/", "http://127.1/",
        "http://[::ffff:127.0.0.1]/", "http://0.0.0.0:8080/"}) {
    const std::string fault = refusal([&] { read_picture(address, "input", {true, 1 << 20}, {}); });
    CHECK_MESSAGE(fault ==
                      "400 input: expected the public address of a picture, got one that failed (private, loopback or "
                      "link-local machine) | invalid_image_url | input",
                  address << ": " << fault);
  }
  CHECK(refusal([] {
          read_picture("http://user:pass@example.org/", "input", {true, 1 << 20}, {});
        }) ==
        "400 input: expected the public address of a picture, got an address with a user name | invalid_image_url | "
        "input");
}

TEST_CASE("an item's picture is shown only from the store and the folders that were named") {
  const test::ScratchFolder scratch;
  fs::create_directories(scratch / "shown/sub");
  fs::create_directories(scratch / "secret");
  write_file(scratch / "shown/sub/a.png", "\x89PNG\r\n\x1a\nabc");
  write_file(scratch / "secret/b.png", "\x89PNG\r\n\x1a\nabc");
  fs::create_symlink(scratch / "secret/b.png", scratch / "shown/link.png");
  const fs::path store = scratch / "store";
  const std::vector<std::string> roots{(scratch / "shown").string()};
  const auto found = [&](const Json& metadata) {
    const auto file = find_picture(metadata, store, roots);
    return file ? fs::relative(*file, scratch.path()).string() : "";
  };
  const std::string name = store_picture(store, "\xFF\xD8\xFFjpeg");
  CHECK(name.size() == 68);
  CHECK(found({{"stored_picture", name}}) == "store/" + name);
  CHECK(found({{"path", "sub/a.png"}}) == "shown/sub/a.png");
  CHECK(found({{"path", (scratch / "shown/sub/a.png").string()}}) == "shown/sub/a.png");
  for (const char* path : {"../secret/b.png", "link.png", "sub/../../secret/b.png", "/etc/passwd", "", "sub"})
    CHECK_MESSAGE(found({{"path", path}}) == "", path);
  CHECK(found({{"stored_picture", "../secret/b.png"}}) == "");
  CHECK(refusal([&] { store_picture(store, "text"); }).starts_with("400 picture: expected JPEG, PNG"));
}

TEST_CASE("the document tells every route, with its body") {
  const OrderedJson document = openapi_document(echo_router(), "1", true);
  const OrderedJson& post = document["paths"]["/v1/things/{id}"]["post"];
  CHECK(post["requestBody"]["content"]["application/json"]["schema"] == kSchema);
  CHECK(post["parameters"][0]["name"] == "id");
  CHECK(post["responses"].contains("401"));
  CHECK(!openapi_document(echo_router(), "1", false)["paths"]["/v1/things/{id}"]["post"]["responses"].contains("401"));
}
