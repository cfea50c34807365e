// The embedded page: what is given out, and what its files may not contain.

#include "sensorium/serve/web_asset.h"

#include "sensorium/base/file.h"
#include "sensorium/base/sha256.h"
#include "sensorium/serve/web_files.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include <regex>
#include <set>

using namespace sensorium;

namespace {

std::string text_of(const std::string& path) {
  const auto asset = web_asset(path);
  REQUIRE_MESSAGE(asset, path);
  return std::string(asset->content);
}

std::set<std::string> all_matches(const std::string& text, const char* pattern) {
  std::set<std::string> found;
  const std::regex expression(pattern);
  for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) found.insert((*at)[1]);
  return found;
}

std::set<std::string> keys_of(const nlohmann::json& table) {
  std::set<std::string> keys;
  for (const auto& [key, value] : table.items()) {
    CHECK_MESSAGE(value.is_string(), key);
    keys.insert(key);
  }
  return keys;
}

}  // namespace

TEST_CASE("the page is what lies in web/, with its type and an etag of its bytes") {
  const auto page = web_asset("/");
  REQUIRE(page);
  CHECK(page->content_type == "text/html; charset=utf-8");
  CHECK(page->content == read_file(fs::path(SENSORIUM_SOURCE_DIR) / "web/index.html"));
  CHECK(page->etag == "\"" + sha256_hex(std::as_bytes(std::span(page->content))) + "\"");
  CHECK(web_asset("/js/app.js")->content_type == "text/javascript; charset=utf-8");
  CHECK(web_asset("/style.css")->content_type == "text/css; charset=utf-8");
  CHECK(web_asset("/strings/zh.json")->content_type == "application/json");
  CHECK(web_asset("/icon.svg")->content_type == "image/svg+xml");
}

TEST_CASE("only exact paths of embedded files lead anywhere") {
  for (const char* path : {"", "index.html", "//", "/js", "/js/", "/../web/index.html", "/js/../index.html",
                           "/js//app.js", "/%6as/app.js", "/README.md", "/CMakeLists.txt", "/etc/passwd"})
    CHECK_MESSAGE(!web_asset(path), path);
}

TEST_CASE("the policy allows scripts, styles and requests of this server alone") {
  std::string policy;
  for (const auto& [name, value] : web_headers())
    if (name == "Content-Security-Policy") policy = value;
  CHECK(policy.find("default-src 'none'") != std::string::npos);
  CHECK(policy.find("unsafe") == std::string::npos);
  CHECK(policy.find('*') == std::string::npos);
}

TEST_CASE("nothing is inline, and nothing comes from another host") {
  for (const WebFile& f : web_files()) {
    const std::string text(f.content);
    for (const std::string& host : all_matches(text, "(https?://[A-Za-z0-9.-]+)"))
      CHECK_MESSAGE(host == "http://www.w3.org", f.path << " names " << host);
    if (!f.path.ends_with(".html")) continue;
    CHECK_FALSE(std::regex_search(text, std::regex("<style|\\sstyle=|\\son[a-z]+=|<script[^>]*>[^<]")));
  }
  CHECK(web_files().size() > 10);
}

TEST_CASE("what the files name exists") {
  for (const std::string& path : all_matches(text_of("/"), "(?:src|href)=\"(/[^\"#]+)\""))
    CHECK_MESSAGE(web_asset(path), path);
  for (const WebFile& f : web_files()) {
    if (!f.path.ends_with(".js")) continue;
    for (const std::string& path : all_matches(std::string(f.content), "from \"\\./([^\"]+)\""))
      CHECK_MESSAGE(web_asset("/js/" + path), f.path << " imports " << path);
  }
}

TEST_CASE("every sentence stands in every language, with the same places, and is used") {
  const auto english = nlohmann::json::parse(text_of("/strings/en.json")),
             chinese = nlohmann::json::parse(text_of("/strings/zh.json"));
  CHECK(keys_of(english) == keys_of(chinese));
  std::string sources = text_of("/");
  for (const WebFile& f : web_files())
    if (f.path.ends_with(".js")) sources += f.content;
  for (const auto& [key, value] : english.items()) {
    CHECK_MESSAGE(all_matches(value, "(\\{\\w*\\})") == all_matches(chinese.value(key, ""), "(\\{\\w*\\})"), key);
    // Keys of the form kind_x are made of what the server says.
    const bool made = std::regex_search(key, std::regex("^(can|stat|error|tab)_"));
    CHECK_MESSAGE((made || sources.find("\"" + key + "\"") != std::string::npos), key << " is used nowhere");
  }
  for (const std::string& key : all_matches(sources, "(?:\\bt\\(|data-text=|data-label=)\"(\\w+)\""))
    CHECK_MESSAGE(english.contains(key), key);
}
