#pragma once
// Inside the room: how far each kind of token reaches from a place in a line. All functions give a length in
// characters, 0 for no match; outside the line stands a line feed.

#include <string>
#include <string_view>

namespace sensorium::ptb {

/// A line with safe access.
class Line {
 public:
  explicit Line(std::u32string text) : text_(std::move(text)) {}
  size_t size() const { return text_.size(); }
  char32_t operator[](size_t i) const { return i < text_.size() ? text_[i] : U'\n'; }
  std::u32string_view cut(size_t at, size_t length) const { return std::u32string_view(text_).substr(at, length); }
  /// Whether `word` (lower case, ASCII) stands here, in any case.
  bool has(size_t at, std::string_view word) const;

 private:
  std::u32string text_;
};

char32_t lower(char32_t c);  // of ASCII
bool is_ascii_letter(char32_t c);
bool is_ascii_digit(char32_t c);
bool is_ascii_word(char32_t c);      // letter or digit
bool is_alphanumeric(char32_t c);    // Unicode letter or digit
bool is_word_character(char32_t c);  // letter, mark or soft hyphen
bool is_apostrophe(char32_t c);      // ' and its typographic forms at the end of a word
bool is_any_apostrophe(char32_t c);  // opening ones too, inside a word
bool is_hyphen(char32_t c);
bool is_space(char32_t c);
bool is_sentence_internal(char32_t c);  // , ; :

size_t word(const Line& t, size_t at);                         // letters
size_t clitic(const Line& t, size_t at);                       // 's 'm 'd 're 've 'll
size_t negation(const Line& t, size_t at);                     // n't
size_t apostrophe_word(const Line& t, size_t at);              // 'n' o'clock 'em
size_t assimilation(const Line& t, size_t at, size_t& first);  // cannot, gonna; `first`: the length of its first word
size_t markup(const Line& t, size_t at);                       // <b>
size_t entity(const Line& t, size_t at);                       // &#38; and the like
size_t address(const Line& t, size_t at);                      // URL or e-mail
size_t handle(const Line& t, size_t at);                       // @name, #topic
size_t number(const Line& t, size_t at);
size_t date(const Line& t, size_t at);
size_t fraction(const Line& t, size_t at);
size_t telephone(const Line& t, size_t at);
size_t superscript(const Line& t, size_t at);
size_t currency(const Line& t, size_t at);                    // $ US$ #
size_t slashed(const Line& t, size_t at);                     // and/or
size_t dotted_compound(const Line& t, size_t at);             // U.S.-based, 3.5-inch
size_t compound(const Line& t, size_t at);                    // t-shirt
size_t ampersand_word(const Line& t, size_t at);              // AT&T
size_t special(const Line& t, size_t at);                     // S&P-500, Cap'n
size_t abbreviation(const Line& t, size_t at, bool dotless);  // Mr. U.S.; dotless: what may stand without its last dot
size_t end_of_sentence_abbreviation(const Line& t, size_t at);  // Co. Feb.
size_t dots(const Line& t, size_t at);                          // ... . . .
size_t run_on(const Line& t, size_t at);                        // sentences run together: dog.The
size_t file_name(const Line& t, size_t at);                     // photo-1.jpg
size_t emoticon(const Line& t, size_t at, size_t& seen);  // :-) ^_^; `seen`: with the character that has to follow
bool stands_alone(char32_t c);                            // a symbol or mark that is a token by itself
size_t run_of(const Line& t, size_t at, std::u32string_view set);

}  // namespace sensorium::ptb
