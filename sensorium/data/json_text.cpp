#include "sensorium/data/json_text.h"

#include "sensorium/data/source.h"
#include "sensorium/text/unicode.h"

#include <fmt/format.h>

#include <array>

namespace sensorium {
namespace {

constexpr std::array<bool, 256> plain_bytes() {
  std::array<bool, 256> plain{};
  for (size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20)
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
        else
          out += c;
    }
  }
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  static constexpr std::array<bool, 256> kPlain = plain_bytes();
  out += '"';
  size_t n = 0;
  while (n < text.size() && kPlain[static_cast<unsigned char>(text[n])]) ++n;
  if (n == text.size())
    out += text;
  else if (is_utf8(text))
    append_escaped(out, text);
  else
    append_escaped(out, unicode::repair(text));
  out += '"';
}

}  // namespace sensorium
