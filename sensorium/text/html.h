#pragma once
// Character references of HTML (&amp; &#233; &eacute) back to characters.

#include <cstddef>
#include <string>
#include <string_view>

namespace sensorium {

struct HtmlEntity {
  std::string_view name;  // without '&', with ';' where it needs one
  std::string_view text;
};
extern const HtmlEntity kHtmlEntities[];
extern const size_t kHtmlEntityCount;

/// Replaces character references as Python's html.unescape does: the longest known name wins, numbers out of range
/// become U+FFFD, control numbers vanish, unknown names stay. Source: WHATWG HTML Standard, section 13.2.5.72 on.
std::u32string html_unescape(std::u32string_view text);

/// The stricter form of ftfy: only references that end in a semicolon, each as a whole, and names that HTML
/// knows in lower case only also in upper case. Source: ftfy 6.3, fixes.py.
std::u32string html_unescape_strict(std::u32string_view text);

}  // namespace sensorium
