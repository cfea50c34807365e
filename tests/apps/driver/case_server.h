#pragma once
// `sensorium serve` for one case.

#include "sensorium/base/file.h"

#include <string>

namespace sensorium::cases {

class CaseServer {
 public:
  /// Starts it in `folder` on a port of its own and waits until it serves; bash expands `options`. Its outputs go to
  /// files `stdout` and `stderr` in `around`. Throws InputError when it ends instead.
  CaseServer(const std::string& options, const fs::path& folder, const fs::path& around);
  ~CaseServer();
  CaseServer(const CaseServer&) = delete;
  CaseServer& operator=(const CaseServer&) = delete;

  int port() const { return port_; }
  /// Tells it to end; its exit code.
  int end();

 private:
  bool has_ended();
  int pid_ = 0, port_ = 0, status_ = 0;
};

}  // namespace sensorium::cases
