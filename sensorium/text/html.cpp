#include "sensorium/text/html.h"

#include <algorithm>
#include <array>
#include <optional>

#include "sensorium/text/characters.h"
#include "sensorium/text/mojibake.h"
#include "sensorium/text/unicode.h"

namespace sensorium {

namespace {

const HtmlEntity* find_entity(std::string_view name) {
  const auto* end = kHtmlEntities + kHtmlEntityCount;
  const auto* it = std::lower_bound(kHtmlEntities, end, name, [](const auto& e, auto n) { return e.name < n; });
  return it != end && it->name == name ? it : nullptr;
}

bool vanishes(uint64_t c) {
  return (c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || (c >= 0x7F && c <= 0x9F) ||
         (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
}

int digit(char32_t c, int base) {
  if (c >= '0' && c <= '9') return static_cast<int>(c - '0');
  const char32_t lower = c | 0x20;
  return base == 16 && c < 0x80 && lower >= 'a' && lower <= 'f' ? static_cast<int>(lower - 'a' + 10) : -1;
}

/// Appends the character of a numeric reference whose '#' is at `at`; the end of the reference, or `at` when it is
/// none.
size_t numeric(std::u32string_view text, size_t at, std::u32string& out) {
  size_t i = at + 1;
  const int base = i < text.size() && (text[i] == 'x' || text[i] == 'X') ? 16 : 10;
  if (base == 16) ++i;
  const size_t first = i;
  uint64_t value = 0;
  for (; i < text.size() && digit(text[i], base) >= 0; ++i)
    value = std::min<uint64_t>(value * base + digit(text[i], base), 0x110000);
  if (i == first) return at;
  if (i < text.size() && text[i] == ';') ++i;
  if (value >= 0x80 && value <= 0x9F)
    out += windows_1252(static_cast<char32_t>(value));
  else if (value == 0 || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
    out += unicode::kReplacement;
  else if (!vanishes(value))
    out += static_cast<char32_t>(value);
  return i;
}

/// The same for a named reference whose name starts at `at`.
size_t named(std::u32string_view text, size_t at, std::u32string& out) {
  constexpr std::u32string_view stops = U"\t\n\f <&#;";
  constexpr size_t longest = 32;
  size_t end = at;
  while (end < text.size() && end - at < longest && stops.find(text[end]) == stops.npos) ++end;
  if (end == at) return at;
  if (end < text.size() && text[end] == ';') ++end;
  const std::string name = unicode::encode(text.substr(at, end - at));
  if (!unicode::is_ascii(name)) {  // names are ASCII: only what stands before the first other character can match
    end = at;
    while (text[end] < 0x80) ++end;
  }
  for (size_t n = end - at; n >= 2; --n)
    if (const auto* entity = find_entity(std::string_view(name).substr(0, n))) {
      out += unicode::decode(entity->text);
      return at + n;
    }
  return at;
}

bool is_ascii_alphanumeric(char32_t c) {
  return c < 0x80 && (unicode::is_letter(c) || unicode::is_number(c));
}

/// The upper case of an entity's characters, as Python's: ligatures and sharp s become letters.
std::u32string upper(std::u32string_view text) {
  std::u32string out;
  for (char32_t c : characters::split_ligatures(text)) {
    if (c == 0xDF)
      out += U"SS";
    else
      out += unicode::to_upper(c);
  }
  return out;
}

/// What a reference from '&' to ';' stands for as a whole; nothing when it is none. Names that are known in lower case
/// only may be written in upper case (&EACUTE;).
std::optional<std::u32string> whole_reference(std::u32string_view reference) {
  if (reference[1] == '#') {
    auto plain = html_unescape(reference);
    if (plain.find(U';') != plain.npos) return std::nullopt;
    return plain;
  }
  std::string name = unicode::encode(reference.substr(1));
  if (const auto* entity = find_entity(name)) return unicode::decode(entity->text);
  if (std::any_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; })) return std::nullopt;
  if (html_unescape(reference) != reference) return std::nullopt;
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  const auto* entity = find_entity(name);
  return entity == nullptr ? std::nullopt : std::optional(upper(unicode::decode(entity->text)));
}

}  // namespace

std::u32string html_unescape(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '&' && i + 1 < text.size()) {
      const size_t end = text[i + 1] == '#' ? numeric(text, i + 1, out) : named(text, i + 1, out);
      if (end > i + 1) {
        i = end;
        continue;
      }
    }
    out += text[i++];
  }
  return out;
}

std::u32string html_unescape_strict(std::u32string_view text) {
  constexpr size_t longest = 24;
  std::u32string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    size_t end = i + 1;
    if (text[i] == '&') {
      if (end < text.size() && text[end] == '#') ++end;
      const size_t first = end;
      while (end < text.size() && end - first < longest && is_ascii_alphanumeric(text[end])) ++end;
      if (end > first && end < text.size() && text[end] == ';')
        if (const auto plain = whole_reference(text.substr(i, end + 1 - i))) {
          out += *plain;
          i = end + 1;
          continue;
        }
    }
    out += text[i++];
  }
  return out;
}

}  // namespace sensorium
