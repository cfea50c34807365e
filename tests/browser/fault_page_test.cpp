// What the page says when something is wrong.

#include "tests/browser/http_client.h"
#include "tests/browser/page.h"

#include <doctest/doctest.h>

using namespace sensorium;
using namespace sensorium::test;

namespace {

void wait_notice(Browser& b, const std::string& words) {
  b.wait(std::string(kNotice) + ".includes(" + Json(words).dump() + ")");
}

}  // namespace

TEST_CASE("a file that is no picture is refused by the server, by name by the page") {
  Browser& b = fresh_browser();
  const ScratchFolder scratch;
  write_file(scratch / "broken.png", "no picture at all");
  write_file(scratch / "notes.txt", "no picture at all");
  open_view(b, full_server(), "");
  b.wait_for("#choose");
  b.drop(scratch / "notes.txt");
  wait_notice(b, "That is no picture");
  b.drop(scratch / "broken.png");
  wait_notice(b, "The server refused the request");
  CHECK(b.count(".hit") == 0);
  b.click("#notice button");
  b.wait(std::string(kNotice) + " === ''");
  b.click("#chip .chip button");
}

TEST_CASE("a server that is gone is said, and found again") {
  Browser& b = fresh_browser();
  PageServer server({"clip"});
  open_view(b, server, "");
  b.wait_for("#q");
  server.stop();
  b.type("#q", std::string("red") + key::kEnter);
  wait_notice(b, "The server does not answer");
  server.start();
  b.click("#notice p button");
  b.wait("document.querySelectorAll('.hit').length === 10 && " + std::string(kNotice) + " === ''");
}

TEST_CASE("a busy server is asked again after the time that it names") {
  Browser& b = fresh_browser();
  open_view(b, full_server(), "");
  b.wait_for("#q");
  b.run(
      "const real = window.fetch; let left = 2;"
      "window.fetch = (path, options) => path === '/v1/search' && left-- > 0"
      " ? Promise.resolve(new Response('{\"error\": {\"message\": \"full\"}}', {status: 429, headers: {'Retry-After': "
      "'1'}}))"
      " : real(path, options);");
  b.type("#q", std::string("red") + key::kEnter);
  wait_notice(b, "The server is busy");
  b.wait("document.querySelectorAll('.hit').length === 10 && " + std::string(kNotice) + " === ''");
}

TEST_CASE("no index and no captioner: the page says what to start") {
  Browser& b = fresh_browser();
  PageServer server({"clip"}, false);
  for (const auto& [view, words] : {std::pair("#/search", "The server has no index"),
                                    {"#/items", "The server has no index"},
                                    {"#/ask", "No loaded model writes about pictures"}}) {
    open_view(b, server, view);
    b.wait("document.querySelector('main').innerText.includes(" + Json(words).dump() + ")");
    CHECK(b.text("pre").find("sensorium serve") != std::string::npos);
  }
}

TEST_CASE("a server with keys: the page asks, and shows pictures with the key") {
  Browser& b = fresh_browser();
  const ScratchFolder scratch;
  write_file(scratch / "keys", "a-key-of-sixteen-characters\n");
  PageServer server({"clip"}, true, {"--keys", scratch / "keys"},
                    {"Authorization: Bearer a-key-of-sixteen-characters"});
  CHECK(http_call("GET", server.address("/v1/models")).status == 401);
  open_view(b, server, "#/search?q=red");
  wait_notice(b, "The server asks for an API key");
  b.type("#notice input", std::string("wrong") + key::kEnter);
  wait_notice(b, "The server asks for an API key");
  b.type("#notice input", std::string("a-key-of-sixteen-characters") + key::kEnter);
  b.wait("document.querySelectorAll('.hit').length === 10 && " + std::string(kNotice) + " === ''");
  b.wait("[...document.querySelectorAll('.hit img')].some((i) => i.naturalWidth > 0)");
}
