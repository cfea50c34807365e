#pragma once
// What the tests of the page share: one browser, and one server that has everything.

#include "tests/browser/browser.h"
#include "tests/browser/server.h"

namespace sensorium::test {

/// The browser of this program, at its usual size, in English, light, with nothing remembered.
Browser& fresh_browser();

/// A server with CLIP, a captioner, a question answerer and an index of ten pictures. Tests leave it as it was.
PageServer& full_server();

/// Opens a view ("#/ask") of a server's page and waits until it stands.
void open_view(Browser& browser, const PageServer& server, const std::string& view);

/// JavaScript: the text of the line that says what went wrong, "" when it is hidden.
inline constexpr const char* kNotice =
    "(document.querySelector('#notice').hidden ? '' : document.querySelector('#notice').innerText)";

}  // namespace sensorium::test
