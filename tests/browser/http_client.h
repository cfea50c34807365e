#pragma once
// Plain HTTP requests, for tests.

#include <string>
#include <vector>

namespace sensorium::test {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

/// One request with a JSON body ("": none). Throws EnvironmentError when there is no answer within two minutes.
HttpAnswer http_call(const std::string& method, const std::string& address, const std::string& body = "",
                     const std::vector<std::string>& headers = {});

}  // namespace sensorium::test
