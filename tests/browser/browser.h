#pragma once
// A real Chromium, driven over the WebDriver protocol (W3C WebDriver 2) by Debian's chromedriver.

#include "sensorium/base/json.h"
#include "tests/browser/process.h"
#include "tests/support/test_support.h"

#include <memory>
#include <string>
#include <vector>

namespace sensorium::test {

/// One window with a fresh profile. Elements are named by CSS selectors; the first that fits is meant. Everything
/// throws InputError with the driver's message when it refuses. Not thread-safe.
class Browser {
 public:
  /// Throws EnvironmentError where chromedriver or Chromium is missing.
  Browser();
  ~Browser();
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  void open(const std::string& address);
  /// The value of a script's `return`.
  Json run(const std::string& script, const Json& arguments = Json::array());
  /// Waits until a JavaScript expression is true. Throws InputError with the page's text after `limit_s`.
  void wait(const std::string& expression, double limit_s = 30);
  void wait_for(const std::string& selector) { wait("document.querySelector(" + Json(selector).dump() + ")"); }
  void click(const std::string& selector);
  /// Types as a keyboard does, into an element; also a path into a file input.
  void type(const std::string& selector, const std::string& text);
  /// Keys to whatever has the focus; see Key.
  void press(const std::string& keys);
  std::string text(const std::string& selector);
  int count(const std::string& selector);
  /// The name that assistive technology reads for each element of a selector that is shown, "" where it has none.
  std::vector<std::string> accessible_names(const std::string& selector);
  /// Answers window.confirm() with yes.
  void accept_dialog();
  /// Drops a file on the page, as a file manager does.
  void drop(const fs::path& file);
  /// The window's inside, in CSS pixels.
  void resize(int width, int height, bool phone = false);
  /// prefers-color-scheme: "dark" or "light".
  void prefer(const std::string& colours);
  void screenshot(const fs::path& png);
  /// Errors in the console since the last call.
  std::vector<std::string> console_errors();
  /// A command of the DevTools protocol.
  Json devtools(const std::string& command, const Json& parameters);

 private:
  Json call(const std::string& method, const std::string& path, const Json& body = Json::object());
  std::string element(const std::string& selector);
  ScratchFolder scratch_;
  std::unique_ptr<Process> driver_;
  std::string session_;  // address
};

/// Keys that have no character (W3C WebDriver, 17.4.2).
namespace key {
inline constexpr const char* kEnter = "\uE007";
inline constexpr const char* kEscape = "\uE00C";
inline constexpr const char* kRight = "\uE014";
inline constexpr const char* kTab = "\uE004";
}  // namespace key

}  // namespace sensorium::test
