#include "tests/browser/page.h"

namespace sensorium::test {

Browser& fresh_browser() {
  static Browser browser;
  browser.resize(1200, 860);
  browser.prefer("light");
  browser.open(full_server().address("/icon.svg"));  // an address of the page's origin without the page
  browser.run("localStorage.clear(); sessionStorage.clear();");
  browser.console_errors();
  return browser;
}

PageServer& full_server() {
  static PageServer server({"clip", "blip_caption", "blip_vqa"});
  return server;
}

void open_view(Browser& browser, const PageServer& server, const std::string& view) {
  browser.open(server.address("/icon.svg"));
  browser.open(server.address("/" + view));
  browser.wait("document.querySelector('main').children.length > 0 || " + std::string(kNotice));
}

}  // namespace sensorium::test
