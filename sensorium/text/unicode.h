#pragma once
// Unicode facts that tokenizers need: decoding that never fails, categories, case, normal forms.

#include <cstdint>
#include <string>
#include <string_view>

namespace sensorium::unicode {

inline constexpr char32_t kReplacement = 0xFFFD;

/// Reads the code point at `at` and moves past it. A maximal prefix of an invalid sequence is one U+FFFD (Unicode
/// Standard, section 3.9, "substitution of maximal subparts"). `at` must be inside the text.
char32_t next(std::string_view text, size_t& at);

/// Code points of a text; invalid bytes as U+FFFD.
std::u32string decode(std::string_view text);
void append(std::string& out, char32_t c);
std::string encode(std::u32string_view text);
/// The text itself when it is valid UTF-8; otherwise a copy with U+FFFD for what is not.
std::string repair(std::string_view text);
bool is_ascii(std::string_view text);

bool is_letter(char32_t c);             // \p{L}
bool is_number(char32_t c);             // \p{N}
bool is_decimal_digit(char32_t c);      // Nd, Python's \d
bool is_space(char32_t c);              // the White_Space property, as a regular expression's \s
bool is_python_space(char32_t c);       // White_Space and U+001C..U+001F, as Python's str.split()
bool is_nonspacing_mark(char32_t c);    // Mn
bool is_control_or_other(char32_t c);   // Cc, Cf, Co, Cs
bool is_punctuation(char32_t c);        // P*
bool is_symbol(char32_t c);             // S*
bool is_ascii_punctuation(char32_t c);  // Python's string.punctuation

/// Appends the lower case of one code point, without context (capital sigma is always U+03C3).
void append_lower(std::u32string& out, char32_t c);
/// The upper case of one code point where that is one code point, otherwise itself.
char32_t to_upper(char32_t c);
/// Python's str.lower(): as above, but a final capital sigma becomes U+03C2 (Unicode Standard, section 3.13).
std::u32string python_lower(std::u32string_view text);

/// Python's str.strip(): without white space at either end.
std::u32string_view python_strip(std::u32string_view text);

std::u32string nfc(std::u32string_view text);
std::u32string nfd(std::u32string_view text);
std::u32string nfkc(std::u32string_view text);
std::u32string nfkd(std::u32string_view text);

}  // namespace sensorium::unicode
