#include "tests/browser/browser.h"

#include "sensorium/base/base64.h"
#include "sensorium/base/error.h"
#include "tests/browser/http_client.h"

#include <unistd.h>

#include <chrono>
#include <thread>

namespace sensorium::test {
namespace {

constexpr const char* kElement = "element-6066-11e4-a52e-4f735466cecf";  // the protocol's name for a reference

Json capabilities(const fs::path& profile) {
  const Json arguments = {"--headless=new",
                          "--no-sandbox",
                          "--disable-gpu",
                          "--disable-quic",
                          "--no-first-run",
                          "--disable-dev-shm-usage",
                          "--disable-background-networking",
                          "--disable-component-update",
                          "--disable-sync",
                          "--lang=en-US",
                          "--window-size=1200,860",
                          "--user-data-dir=" + profile.string()};
  return {{"capabilities",
           {{"alwaysMatch",
             {{"browserName", "chrome"},
              {"unhandledPromptBehavior", "ignore"},
              {"goog:chromeOptions", {{"args", arguments}}},
              {"goog:loggingPrefs", {{"browser", "ALL"}}}}}}}};
}

}  // namespace

Browser::Browser() {
  driver_ =
      std::make_unique<Process>(std::vector<std::string>{"chromedriver", "--port=0"}, scratch_ / "chromedriver.log");
  std::string port;
  try {
    port = driver_->wait_for("on port ([0-9]+)\\.");
  } catch (const EnvironmentError&) {
    throw EnvironmentError("test", "expected chromedriver in PATH (Debian's package chromium-driver), got none");
  }
  session_ = "http://127.0.0.1:" + port + "/session";
  session_ += "/" + call("POST", "", capabilities(scratch_ / "profile")).at("sessionId").get<std::string>();
}

Browser::~Browser() {
  try {
    call("DELETE", "");
  } catch (const std::exception&) {
    // the driver is ended anyway
  }
}

Json Browser::call(const std::string& method, const std::string& path, const Json& body) {
  const HttpAnswer answer = http_call(method, session_ + path, method == "POST" ? body.dump() : "");
  const Json json = Json::parse(answer.body);
  if (answer.status != 200)
    throw InputError("browser", "expected {} to be done, got {}: {}", path.empty() ? "a session" : path,
                     json["value"].value("error", ""), json["value"].value("message", ""));
  return json.at("value");
}

std::string Browser::element(const std::string& selector) {
  return call("POST", "/element", {{"using", "css selector"}, {"value", selector}}).at(kElement);
}

void Browser::open(const std::string& address) {
  call("POST", "/url", {{"url", address}});
}

Json Browser::run(const std::string& script, const Json& arguments) {
  return call("POST", "/execute/sync", {{"script", script}, {"args", arguments}});
}

void Browser::wait(const std::string& expression, double limit_s) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(limit_s);
  while (!run("return Boolean(" + expression + ")").get<bool>()) {
    if (std::chrono::steady_clock::now() > end)
      throw InputError("browser", "expected {} within {} s, got the page:\n{}", expression, limit_s,
                       run("return document.body.innerText").get<std::string>());
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

void Browser::click(const std::string& selector) {
  call("POST", "/element/" + element(selector) + "/click");
}

void Browser::type(const std::string& selector, const std::string& text) {
  call("POST", "/element/" + element(selector) + "/value", {{"text", text}});
}

void Browser::press(const std::string& keys) {
  Json actions = Json::array();
  for (const char* kind : {"keyDown", "keyUp"}) actions.push_back({{"type", kind}, {"value", keys}});
  call("POST", "/actions", {{"actions", {{{"type", "key"}, {"id", "keyboard"}, {"actions", actions}}}}});
}

std::string Browser::text(const std::string& selector) {
  return call("GET", "/element/" + element(selector) + "/text");
}

int Browser::count(const std::string& selector) {
  return run("return document.querySelectorAll(arguments[0]).length", {selector});
}

std::vector<std::string> Browser::accessible_names(const std::string& selector) {
  std::vector<std::string> names;
  for (const Json& e : call("POST", "/elements", {{"using", "css selector"}, {"value", selector}})) {
    const std::string path = "/element/" + e.at(kElement).get<std::string>();
    if (call("GET", path + "/displayed").get<bool>()) names.push_back(call("GET", path + "/computedlabel"));
  }
  return names;
}

void Browser::accept_dialog() {
  call("POST", "/alert/accept");
}

void Browser::drop(const fs::path& file) {
  const Json data = {{"items", Json::array()}, {"files", {file.string()}}, {"dragOperationsMask", 1}};
  for (const char* step : {"dragEnter", "dragOver", "drop"})
    devtools("Input.dispatchDragEvent", {{"type", step}, {"x", 300}, {"y", 300}, {"data", data}});
}

void Browser::resize(int width, int height, bool phone) {
  devtools("Emulation.setDeviceMetricsOverride",
           {{"width", width}, {"height", height}, {"deviceScaleFactor", 1}, {"mobile", phone}});
}

void Browser::prefer(const std::string& colours) {
  devtools("Emulation.setEmulatedMedia", {{"features", {{{"name", "prefers-color-scheme"}, {"value", colours}}}}});
}

void Browser::screenshot(const fs::path& png) {
  write_file(png, base64_decode(call("GET", "/screenshot").get<std::string>(), "screenshot"));
}

std::vector<std::string> Browser::console_errors() {
  std::vector<std::string> errors;
  for (const Json& line : call("POST", "/se/log", {{"type", "browser"}}))
    if (line.value("level", "") == "SEVERE") errors.push_back(line.value("message", ""));
  return errors;
}

Json Browser::devtools(const std::string& command, const Json& parameters) {
  return call("POST", "/goog/cdp/execute", {{"cmd", command}, {"params", parameters}});
}

}  // namespace sensorium::test
