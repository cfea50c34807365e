#pragma once
// `sensorium serve` on tiny models, for tests of the page.

#include "tests/browser/process.h"
#include "tests/support/test_support.h"

#include <memory>
#include <string>
#include <vector>

namespace sensorium::test {

/// A server on the loopback, with an index of make_tiny_models' ten pictures unless `index` is false. The programs lie
/// in $SENSORIUM_BIN, the models in $TINY.
class PageServer {
 public:
  /// `models`: names of tiny models; `options`: further words of the command; `headers`: of the requests that fill the
  /// index.
  explicit PageServer(const std::vector<std::string>& models, bool index = true,
                      const std::vector<std::string>& options = {}, const std::vector<std::string>& headers = {});
  std::string address(const std::string& path = "/") const;
  /// Ends it; start() brings it back at the same address.
  void stop() { process_.reset(); }
  void start();
  static fs::path picture(const std::string& name);

 private:
  ScratchFolder scratch_;
  int port_ = 0;
  std::vector<std::string> words_;
  std::unique_ptr<Process> process_;
};

}  // namespace sensorium::test
