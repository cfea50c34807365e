#include "sensorium/data/download_headers.h"

#include <charconv>

namespace sensorium {
namespace {

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t from = text.find_first_not_of(kSpace);
  return from == text.npos ? "" : std::string(text.substr(from, text.find_last_not_of(kSpace) + 1 - from));
}

bool take_number(std::string_view& text, uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

}  // namespace

std::pair<std::string, std::string> split_header(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == line.npos) return {};
  return {lower(std::string(line.substr(0, colon))), trimmed(line.substr(colon + 1))};
}

std::string media_type(std::string_view value) {
  return lower(trimmed(value.substr(0, value.find(';'))));
}

bool is_accepted_type(const std::string& type, const std::vector<std::string>& accepted) {
  if (type.empty()) return true;
  if (accepted.empty()) return type != "text/html";
  for (const std::string& one : accepted) {
    const bool all_of = one.ends_with("/*");
    if (all_of ? type.starts_with(one.substr(0, one.size() - 1)) : type == one) return true;
  }
  return false;
}

std::optional<ContentRange> parse_content_range(std::string_view text) {
  ContentRange r;
  uint64_t total = 0;
  const auto take = [&](char c) {
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
  };
  if (!lower(std::string(text)).starts_with("bytes ")) return std::nullopt;
  text.remove_prefix(6);
  if (!take_number(text, r.first) || !take('-') || !take_number(text, r.last) || !take('/')) return std::nullopt;
  if (r.last < r.first) return std::nullopt;
  if (text == "*") return r;
  if (!take_number(text, total) || !text.empty() || r.last >= total) return std::nullopt;
  r.total = total;
  return r;
}

std::string range_validator(const std::string& etag, const std::string& modified) {
  if (etag.starts_with('"')) return etag;
  return etag.empty() ? modified : "";
}

}  // namespace sensorium
