// Searching in the page, as a user does: words, pictures, both, more like this; by mouse and by keyboard.

#include "tests/browser/page.h"

#include <doctest/doctest.h>

using namespace sensorium;
using namespace sensorium::test;

namespace {

constexpr const char* kTenCards = "document.querySelectorAll('.hit').length === 10";

Browser& search_page() {
  Browser& b = fresh_browser();
  open_view(b, full_server(), "");
  b.wait_for(".try button");
  return b;
}

}  // namespace

TEST_CASE("words find pictures with captions and scores, and the address keeps the search") {
  Browser& b = search_page();
  b.type("#q", std::string("a red pattern") + key::kEnter);
  b.wait(kTenCards);
  CHECK(b.run("return location.hash").get<std::string>() == "#/search?q=a+red+pattern");
  CHECK(b.text(".summary").find("10 results") != std::string::npos);
  CHECK(b.count(".hit p:empty") == 0);
  CHECK(b.count(".hit .figures") == 10);
  b.wait("[...document.querySelectorAll('.hit img')].filter((i) => i.complete && i.naturalWidth > 0).length > 0");
  b.run("history.back()");
  b.wait_for(".try button");
  CHECK(b.count(".hit") == 0);
  CHECK(b.console_errors().empty());
}

TEST_CASE("an example is a search; nothing typed asks for words") {
  Browser& b = search_page();
  b.click(".ask-line .main");
  b.wait(std::string(kNotice) + ".includes('Type words')");
  b.click(".try button");
  b.wait(kTenCards);
}

TEST_CASE("a dropped picture finds itself first; with words too there are weights") {
  Browser& b = search_page();
  b.drop(PageServer::picture("blue.png"));
  b.wait(kTenCards);
  CHECK(b.text("#chip").find("blue.png") != std::string::npos);
  CHECK(b.run("return document.querySelector('.hit').dataset.id").get<std::string>().find("blue") != std::string::npos);
  CHECK(b.run("return document.querySelector('#weight').closest('label').hidden").get<bool>());
  b.type("#q", std::string("a red pattern") + key::kEnter);
  b.wait("!document.querySelector('#weight').closest('label').hidden && " + std::string(kTenCards));
  CHECK(b.text("label[for=weight] output") == "50 % words, 50 % picture");
  b.run(
      "const w = document.querySelector('#weight'); w.value = 1; w.dispatchEvent(new Event('input')); "
      "w.dispatchEvent(new Event('change'));");
  b.wait("document.querySelector('.hit').dataset.id.includes('blue')");
  b.click("#chip .chip button");
  b.wait_for("#chip #choose");
}

TEST_CASE("a pasted picture is searched with") {
  Browser& b = search_page();
  b.run(
      "const c = document.createElement('canvas'); c.width = c.height = 40; c.getContext('2d').fillRect(0, 0, 20, 40);"
      "c.toBlob((blob) => { const d = new DataTransfer(); d.items.add(new File([blob], 'pasted.png', {type: "
      "'image/png'}));"
      "document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: d, bubbles: true, cancelable: true})); });");
  b.wait(kTenCards);
  CHECK(b.text("#chip").find("pasted.png") != std::string::npos);
}

TEST_CASE("more like this, from a card and from the open item") {
  Browser& b = search_page();
  b.type("#q", std::string("a green pattern") + key::kEnter);
  b.wait(kTenCards);
  b.click(".hit .actions button");
  b.wait(
      "location.hash.includes('like=') && document.querySelector('.summary') && "
      "document.querySelector('.summary').textContent.includes('Like')");
  CHECK(b.count(".hit") >= 9);
  b.click(".hit .open");
  b.wait_for("dialog[open]");
  const std::string opened = b.run("return document.querySelector('dialog dd').textContent").get<std::string>();
  b.click("dialog .row .main");
  b.wait("!document.querySelector('dialog') && new URLSearchParams(location.hash.split('?')[1]).get('like') === " +
         Json(opened).dump());
}

TEST_CASE("the keyboard alone: slash, Enter, arrows, Escape") {
  Browser& b = search_page();
  b.press("/");
  CHECK(b.run("return document.activeElement.id").get<std::string>() == "q");
  b.type("#q", std::string("pink") + key::kEnter);
  b.wait(kTenCards);
  b.run("document.querySelector('.hit .open').focus()");
  b.press(key::kRight);
  CHECK(b.run("return [...document.querySelectorAll('.open')].indexOf(document.activeElement)").get<int>() == 1);
  b.press(key::kEnter);
  b.wait_for("dialog[open]");
  b.press(key::kEscape);
  b.wait("!document.querySelector('dialog')");
  CHECK(b.run("return [...document.querySelectorAll('.open')].indexOf(document.activeElement)").get<int>() == 1);
}
