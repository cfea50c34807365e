// The other views: captions and questions, labels, adding and removing, models.

#include "tests/browser/page.h"

#include <doctest/doctest.h>

using namespace sensorium;
using namespace sensorium::test;

namespace {

const char* const kAnswered =
    "document.querySelector('#answer').textContent.trim() !== '' && "
    "!document.querySelector('#answer').classList.contains('writing')";

int items_of(Browser& b) {
  return b.run("return Number(document.querySelector('[data-stat=items]').textContent)").get<int>();
}

}  // namespace

TEST_CASE("a picture is captioned and asked about") {
  Browser& b = fresh_browser();
  open_view(b, full_server(), "#/ask");
  b.click("#describe");
  b.wait(std::string(kNotice) + ".includes('Add a picture first')");
  b.type("#choose", PageServer::picture("red.png").string());
  b.wait_for(".slot img");
  b.click("#describe");
  b.wait(kAnswered);
  const std::string caption = b.text("#answer");
  b.type("#question", std::string("what colour is it") + key::kEnter);
  b.wait("document.querySelector('.soft + .answer').previousSibling.textContent === 'what colour is it'");
  b.wait(kAnswered);
  CHECK(std::string(b.run(std::string("return ") + kNotice)).empty());
  CHECK_FALSE(caption.empty());
  CHECK(b.console_errors().empty());
}

TEST_CASE("labels are compared with a picture, and remembered") {
  Browser& b = fresh_browser();
  open_view(b, full_server(), "#/labels");
  b.run("document.querySelector('#labels').value = 'red\\ngreen\\nblue'");
  b.drop(PageServer::picture("green.png"));
  b.wait("document.querySelectorAll('meter').length === 3");
  const double sum =
      b.run("return [...document.querySelectorAll('meter')].reduce((s, m) => s + m.value, 0)").get<double>();
  CHECK(sum == doctest::Approx(1).epsilon(1e-3));
  open_view(b, full_server(), "#/labels");
  CHECK(b.run("return document.querySelector('#labels').value").get<std::string>() == "red\ngreen\nblue");
}

TEST_CASE("a picture is added with a caption, found, and removed") {
  Browser& b = fresh_browser();
  const ScratchFolder scratch;
  b.open(full_server().address("/icon.svg"));
  b.screenshot(scratch / "one of a kind.png");
  open_view(b, full_server(), "#/items");
  b.wait("document.querySelectorAll('.hit').length === 10");
  CHECK(items_of(b) == 10);
  b.type("#choose", (scratch / "one of a kind.png").string());
  b.wait_for(".pending input");
  b.type(".pending input", "something never seen");
  b.click("#add");
  b.wait("document.querySelectorAll('.hit').length === 11");
  CHECK(items_of(b) == 11);
  CHECK(b.count(".pending li") == 0);
  open_view(b, full_server(), "#/search?q=something+never+seen");
  b.wait("[...document.querySelectorAll('.hit p')].some((p) => p.textContent === 'something never seen')");
  b.run(
      "[...document.querySelectorAll('.hit')].find((h) => h.textContent.includes('never "
      "seen')).querySelector('.danger').click()");
  b.accept_dialog();
  b.wait("document.querySelectorAll('.hit').length === 10");
  open_view(b, full_server(), "#/items");
  b.wait("document.querySelector('[data-stat=items]')");
  CHECK(items_of(b) == 10);
  CHECK(b.console_errors().empty());
}

TEST_CASE("the models say what they can do") {
  Browser& b = fresh_browser();
  open_view(b, full_server(), "#/models");
  b.wait("document.querySelectorAll('section').length === 3");
  CHECK(b.text("section").find("embeds texts, embeds pictures") != std::string::npos);
  CHECK(b.text("section").find("Evaluation") != std::string::npos);
}
