#pragma once
// Typed errors. Every fault of the caller or of the data is one of these; our own bugs assert.

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace sensorium {

/// What went wrong, as the process exit code a command ends with.
enum class ErrorKind : int { usage = 2, input = 3, environment = 4 };

/// Base of all errors; `what()` reads "[operation] expected ..., got ...".
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, std::string_view operation, std::string_view detail)
      : std::runtime_error(fmt::format("[{}] {}", operation, detail)), kind_(kind) {}
  ErrorKind kind() const { return kind_; }
  int exit_code() const { return static_cast<int>(kind_); }

 private:
  ErrorKind kind_;
};

/// The command line or a configuration is wrong (exit code 2).
struct UsageError : Error {
  template <class... A>
  UsageError(std::string_view operation, fmt::format_string<A...> detail, A&&... args)
      : Error(ErrorKind::usage, operation, fmt::format(detail, std::forward<A>(args)...)) {}
};

/// A file or a value read from outside is wrong (exit code 3).
struct InputError : Error {
  template <class... A>
  InputError(std::string_view operation, fmt::format_string<A...> detail, A&&... args)
      : Error(ErrorKind::input, operation, fmt::format(detail, std::forward<A>(args)...)) {}
};

/// The machine does not allow it: full disk, no permission, missing library (exit code 4).
struct EnvironmentError : Error {
  template <class... A>
  EnvironmentError(std::string_view operation, fmt::format_string<A...> detail, A&&... args)
      : Error(ErrorKind::environment, operation, fmt::format(detail, std::forward<A>(args)...)) {}
};

/// Ends the process with the place and the broken condition: for our own bugs, in every build type.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace sensorium

#define SENSORIUM_ASSERT(condition) \
  ((condition) ? void(0) : ::sensorium::assertion_failed(#condition, __FILE__, __LINE__))
