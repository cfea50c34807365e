#include "sensorium/serve/json_body.h"

#include <doctest/doctest.h>

using namespace sensorium;

namespace {

/// The value, or what is wrong, in words.
std::string read(const std::string& text) {
  bool deep = false;
  const auto value = parse_json_body(text, deep);
  return value ? value->dump() : deep ? "deep" : "none";
}

}  // namespace

TEST_CASE("bodies are read as the project's JSON library reads them") {
  const std::vector<std::string> texts = {
      R"({"input":"a picture","n":[1,-2,0,-0,1.5,1e3,true,false,null,{}]})",
      R"({"twice":1,"twice":2})",
      R"("é \ud83d\ude00 \u0000 \/")",
      "18446744073709551615",
      "-9223372036854775808",
      "18446744073709551616",  // past every integer
      "0.1",
      "\xef\xbb\xbf{}",  // a mark of byte order
      " [ ] ",
  };
  for (const std::string& text : texts) {
    bool deep = false;
    const auto value = parse_json_body(text, deep);
    REQUIRE(value);
    const Json expected = Json::parse(text);
    CHECK(*value == expected);
    CHECK(value->type() == expected.type());
  }
}

TEST_CASE("what is no JSON is told from what nests too deep") {
  for (const char* text : {"", "{", "[1,]", "{\"a\" 1}", "nul", "\"\xff\"", R"("\ud800")", "1e999", "[1] 2"})
    CHECK(read(text) == "none");
  const auto nested = [](int levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  CHECK(read(nested(kDeepestBody)) == nested(kDeepestBody));
  CHECK(read(nested(kDeepestBody + 1)) == "deep");
  CHECK(read(std::string(100'000, '[')) == "deep");
}
