#include "sensorium/serve/http_message.h"

#include "sensorium/base/json.h"

#include <cmath>

namespace sensorium {
namespace {

const char* type_of(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 429:
      return "rate_limit_error";
    case 504:
      return "timeout_error";
    default:
      return status < 500 ? "invalid_request_error" : "server_error";
  }
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

OrderedJson null_or(const std::string& text) {
  return text.empty() ? OrderedJson(nullptr) : OrderedJson(text);
}

}  // namespace

void RequestContext::check() const {
  if (gone.stop_requested()) throw ClientGone();
  if (Clock::now() >= deadline)
    throw ApiError(504, "expected to be done within the time limit of a request, got to its end", "timeout");
}

HttpResponse error_response(const ApiError& error) {
  HttpResponse response;
  response.status = error.status;
  const OrderedJson body{{"error",
                          {{"message", error.what()},
                           {"type", type_of(error.status)},
                           {"param", null_or(error.param)},
                           {"code", null_or(error.code)}}}};
  response.body = body.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
  if (error.retry_after_s >= 0)
    response.headers.emplace_back("Retry-After", std::to_string(std::max(1L, std::lround(error.retry_after_s + 0.5))));
  if (!error.allow.empty()) response.headers.emplace_back("Allow", error.allow);
  if (error.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

std::string decode_percent(std::string_view text, bool plus_is_space) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = text.size() - i > 2 ? digit_of(text[i + 1]) : -1;
      const int low = text.size() - i > 2 ? digit_of(text[i + 2]) : -1;
      if (high < 0 || low < 0) throw ApiError(400, "expected two hex digits after % in the address", "bad_address");
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      throw ApiError(400, "expected no control characters in the address", "bad_address");
    out += c;
  }
  return out;
}

std::map<std::string, std::string> parse_query(std::string_view text) {
  std::map<std::string, std::string> query;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('&', at), text.size());
    const std::string_view pair = text.substr(at, end - at);
    const size_t equals = std::min(pair.find('='), pair.size());
    if (!pair.empty())
      query[decode_percent(pair.substr(0, equals), true)] =
          equals == pair.size() ? "" : decode_percent(pair.substr(equals + 1), true);
    at = end + 1;
  }
  return query;
}

}  // namespace sensorium
