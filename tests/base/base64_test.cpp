#include <doctest/doctest.h>

#include "sensorium/base/base64.h"
#include "tests/support/test_support.h"

using namespace sensorium;

TEST_CASE("base64 as in RFC 4648") {
  const std::pair<std::string, std::string> cases[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : cases) {
    CHECK(base64_encode(bytes) == text);
    CHECK(base64_decode(text, "x") == bytes);
  }
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  CHECK(base64_decode(base64_encode(all), "x") == all);
  CHECK(test::error_of([] { base64_decode("abc", "f.json"); }) ==
        "[base64] f.json: expected a length that is a multiple of 4, got 3");
  CHECK(test::error_of([] { base64_decode("ab*=", "f.json"); }) == "[base64] f.json: expected base64, got byte 42");
  CHECK(test::error_of([] { base64_decode("=abc", "f.json"); }) == "[base64] f.json: expected base64, got byte 61");
}
