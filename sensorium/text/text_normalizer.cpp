#include "sensorium/text/text_normalizer.h"

#include <utf8proc.h>

#include "sensorium/text/unicode.h"

namespace sensorium {

namespace {

using Kind = NormalizerStep::Kind;

std::u32string nmt(std::u32string_view text) {
  std::u32string out;
  for (char32_t c : text) {
    if ((c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F) continue;
    const bool space = c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == 0x1680 ||
                       (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF ||
                       c == 0xFFFD;
    out += space ? U' ' : c;
  }
  return out;
}

std::u32string strip(std::u32string_view text, bool left, bool right) {
  while (left && !text.empty() && unicode::is_space(text.front())) text.remove_prefix(1);
  while (right && !text.empty() && unicode::is_space(text.back())) text.remove_suffix(1);
  return std::u32string(text);
}

/// Runs of at least `least` characters of a kind, replaced.
template <class Is>
std::u32string replace_runs(std::u32string_view text, const Is& is, size_t least, std::u32string_view content) {
  std::u32string out;
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && is(text[end])) ++end;
    if (end - at >= least) {
      out += content;
      at = end;
    } else {
      end = std::max(end, at + 1);
      out += text.substr(at, end - at);
      at = end;
    }
  }
  return out;
}

std::string replace_literally(std::string text, std::string_view pattern, std::string_view content) {
  for (size_t at = 0; !pattern.empty() && (at = text.find(pattern, at)) != text.npos; at += content.size())
    text.replace(at, pattern.size(), content);
  return text;
}

/// A grapheme of less than six bytes is replaced as a whole by the shortest rule it begins with, in others each
/// character is: so does the reference.
std::string apply_charsmap(const Charsmap& charsmap, std::string_view text) {
  constexpr size_t kShort = 6;
  std::string out;
  const auto replaced = [&](std::string_view part) {
    const auto rule = charsmap.shortest(part);
    if (rule.length > 0) out += rule.replacement;
    return rule.length > 0;
  };
  const auto grapheme = [&](std::string_view cluster) {
    if (cluster.size() < kShort && replaced(cluster)) return;
    for (size_t at = 0; at < cluster.size();) {
      const size_t begin = at;
      unicode::next(cluster, at);
      const std::string_view part = cluster.substr(begin, at - begin);
      if (!replaced(part)) out += part;
    }
  };
  size_t begin = 0;
  utf8proc_int32_t state = 0, before = -1;
  for (size_t at = 0; at < text.size();) {
    const size_t here = at;
    const auto c = static_cast<utf8proc_int32_t>(unicode::next(text, at));
    if (before >= 0 && utf8proc_grapheme_break_stateful(before, c, &state)) {
      grapheme(text.substr(begin, here - begin));
      begin = here;
    }
    before = c;
  }
  grapheme(text.substr(begin));
  return out;
}

std::u32string apply_to_characters(const NormalizerStep& step, const std::u32string& text) {
  switch (step.kind) {
    case Kind::nfc:
      return unicode::nfc(text);
    case Kind::nfd:
      return unicode::nfd(text);
    case Kind::nfkc:
      return unicode::nfkc(text);
    case Kind::nfkd:
      return unicode::nfkd(text);
    case Kind::nmt:
      return nmt(text);
    case Kind::strip:
      return strip(text, step.left, step.right);
    case Kind::replace_spaces:
      return replace_runs(
          text, [](char32_t c) { return c == ' '; }, 2, unicode::decode(step.content));
    case Kind::replace_white:
      return replace_runs(text, unicode::is_space, 1, unicode::decode(step.content));
    case Kind::lowercase: {
      std::u32string out;
      for (char32_t c : text) unicode::append_lower(out, c);
      return out;
    }
    case Kind::strip_accents: {
      std::u32string out = text;
      std::erase_if(out, unicode::is_nonspacing_mark);
      return out;
    }
    default:
      return text;
  }
}

}  // namespace

std::string normalize_text(const std::vector<NormalizerStep>& steps, std::string_view text) {
  std::string out = unicode::repair(text);
  for (const NormalizerStep& step : steps) {
    if (step.kind == Kind::replace)
      out = replace_literally(std::move(out), step.pattern, step.content);
    else if (step.kind == Kind::prepend)
      out = out.empty() ? out : step.content + out;
    else if (step.kind == Kind::precompiled)
      out = apply_charsmap(*step.charsmap, out);
    else
      out = unicode::encode(apply_to_characters(step, unicode::decode(out)));
  }
  return out;
}

}  // namespace sensorium
