// What holds for every view: languages, colours, narrow screens, names for assistive technology, nothing from
// elsewhere.

#include "tests/browser/page.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace sensorium;
using namespace sensorium::test;

namespace {

const std::string kViews[] = {"#/search", "#/search?q=a+red+pattern", "#/ask", "#/labels", "#/items", "#/models"};

}  // namespace

TEST_CASE("the language is switched, remembered, and said in the document") {
  Browser& b = fresh_browser();
  open_view(b, full_server(), "");
  CHECK(b.text("#tabs a") == "Search");
  b.click("#language");
  b.wait("document.querySelector('#tabs a').textContent === '搜索'");
  CHECK(b.run("return document.documentElement.lang").get<std::string>() == "zh-CN");
  CHECK(b.text("#language") == "English");
  b.open(full_server().address("/icon.svg"));
  for (const std::string& view : kViews) {
    open_view(b, full_server(), view);
    b.wait("document.querySelector('#tabs a').textContent === '搜索'");
    CHECK_MESSAGE(
        b.run("return /[a-z]+_[a-z_]+/.test(document.querySelector('main').innerText.replace(/blip_[a-z]+/g, ''))")
                .get<bool>() == false,
        view);
  }
  b.click("#language");
  b.wait("document.querySelector('#tabs a').textContent === 'Search'");
}

TEST_CASE("colours follow the system until they are chosen, and are remembered") {
  Browser& b = fresh_browser();
  b.prefer("dark");
  open_view(b, full_server(), "");
  CHECK(b.run("return document.documentElement.dataset.theme").get<std::string>() == "dark");
  const std::string dark = b.run("return getComputedStyle(document.body).backgroundColor");
  b.click("#theme");
  CHECK(b.run("return document.documentElement.dataset.theme").get<std::string>() == "light");
  CHECK(b.run("return getComputedStyle(document.body).backgroundColor").get<std::string>() != dark);
  open_view(b, full_server(), "");
  CHECK(b.run("return document.documentElement.dataset.theme").get<std::string>() == "light");
}

TEST_CASE("a phone shows every view without scrolling sideways") {
  Browser& b = fresh_browser();
  b.resize(360, 740, true);
  for (const bool chinese : {false, true}) {
    b.run("localStorage.setItem('language', arguments[0])", {chinese ? "zh" : "en"});
    for (const std::string& view : kViews) {
      open_view(b, full_server(), view);
      b.wait("document.querySelector('main').getAttribute('aria-busy') !== 'true'");
      CHECK_MESSAGE(b.run("return document.documentElement.scrollWidth").get<int>() <= 360,
                    view << (chinese ? " zh" : " en"));
    }
  }
}

TEST_CASE("whatever can be used has a name") {
  Browser& b = fresh_browser();
  for (const std::string& view : kViews) {
    open_view(b, full_server(), view);
    b.wait("document.querySelector('main').getAttribute('aria-busy') !== 'true'");
    const auto names = b.accessible_names("a, button, input:not([aria-hidden]), textarea, select, meter");
    CHECK(names.size() > 6);
    CHECK_MESSAGE(std::count(names.begin(), names.end(), "") == 0, view);
  }
}

TEST_CASE("everything comes from the server itself, and the policy stops nothing") {
  Browser& b = fresh_browser();
  for (const std::string& view : kViews) {
    open_view(b, full_server(), view);
    b.wait("document.querySelector('main').getAttribute('aria-busy') !== 'true'");
    CHECK(b.run("return performance.getEntriesByType('resource').every((e) => e.name.startsWith(location.origin))")
              .get<bool>());
  }
  CHECK(b.console_errors().empty());
}
