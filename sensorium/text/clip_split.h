#pragma once
// Cuts text into the words that CLIP's and GPT-2's byte-pair encoding work on.

#include "sensorium/text/unicode.h"

#include <array>
#include <functional>

namespace sensorium {

/// Which of the two published encoders: they differ in the special tokens spelled in texts and in U+0345,
/// which vanishes in OpenAI's.
enum class ClipStyle {
  huggingface,  // transformers' CLIPTokenizer
  openai,       // OpenAI's SimpleTokenizer, as in open_clip; matches without regard to case
};

namespace clip_detail {

template <class View>
bool begins(View text, size_t at, std::string_view literal) {
  if (text.size() - at < literal.size()) return false;
  for (size_t i = 0; i < literal.size(); ++i)
    if (static_cast<char32_t>(text[at + i]) != static_cast<unsigned char>(literal[i])) return false;
  return true;
}

/// Length of 's 't 're 've 'm 'll 'd at an apostrophe, or 0.
template <class View>
size_t contraction(View text, size_t at, bool long_s) {
  for (std::string_view c : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"})
    if (begins(text, at, c)) return c.size();
  return long_s && at + 1 < text.size() && static_cast<char32_t>(text[at + 1]) == 0x17F ? 2 : 0;
}

}  // namespace clip_detail

/// Calls `emit(begin, end)` for each word of normalised text (code points, or ASCII bytes), where words are, first that
/// fits: the literals 's 't 're 've 'm 'll 'd, \p{L}+, \p{N}, [^\s\p{L}\p{N}]+. Before all of these stands a spelled
/// special token: for OpenAI's style `<start_of_text>`, `<end_of_text>` as one word; for Hugging Face's style
/// `<|startoftext|>`, `<|endoftext|>`, which its byte-level stage then cuts into three. Source: openai/CLIP,
/// simple_tokenizer.py, and transformers' CLIPTokenizer.
template <class View, class Emit>
void split_clip(View text, ClipStyle style, const Emit& emit) {
  const bool openai = style == ClipStyle::openai;
  const auto letter = [&](size_t i) { return unicode::is_letter(static_cast<char32_t>(text[i])); };
  const auto number = [&](size_t i) { return unicode::is_number(static_cast<char32_t>(text[i])); };
  // U+0345 folds to a letter and is none: matched without regard to case it belongs to no class, and vanishes.
  const auto space = [&](size_t i) {
    const auto c = static_cast<char32_t>(text[i]);
    return unicode::is_space(c) || (openai && c == 0x345);
  };
  for (size_t at = 0; at < text.size();) {
    if (space(at)) {
      ++at;
      continue;
    }
    size_t end = at + 1;
    if (text[at] == '<') {
      std::string_view spelled;
      for (std::string_view s :
           openai ? std::array{std::string_view("<start_of_text>"), std::string_view("<end_of_text>")}
                  : std::array{std::string_view("<|startoftext|>"), std::string_view("<|endoftext|>")})
        if (clip_detail::begins(text, at, s)) spelled = s;
      if (!spelled.empty() && !openai) {
        emit(at, at + 2);
        emit(at + 2, at + spelled.size() - 2);
        at += spelled.size() - 2;
        emit(at, at + 2);
        at += 2;
        continue;
      }
      if (!spelled.empty()) {
        emit(at, at + spelled.size());
        at += spelled.size();
        continue;
      }
    }
    if (const size_t n = text[at] == '\'' ? clip_detail::contraction(text, at, openai) : 0) {
      end = at + n;
    } else if (letter(at)) {
      while (end < text.size() && letter(end)) ++end;
    } else if (!number(at)) {
      while (end < text.size() && !space(end) && !letter(end) && !number(end)) ++end;
    }
    emit(at, end);
    at = end;
  }
}

/// The same for GPT-2's pattern: 's 't 're 've 'm 'll 'd, ` ?\p{L}+`, ` ?\p{N}+`, ` ?[^\s\p{L}\p{N}]+`, `\s+(?!\S)`,
/// `\s+`. Every code point is in exactly one word. Source: openai/gpt-2, encoder.py.
template <class Emit>
void split_gpt2(std::u32string_view text, const Emit& emit) {
  using namespace unicode;
  const auto other = [](char32_t c) { return !is_space(c) && !is_letter(c) && !is_number(c); };
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    if (const size_t n = text[at] == U'\'' ? clip_detail::contraction(text, at, false) : 0) {
      end = at + n;
    } else {
      const size_t body = at + (text[at] == U' ' && at + 1 < text.size() && !is_space(text[at + 1]) ? 1 : 0);
      end = body;
      const char32_t c = text[body];
      const auto run = [&](auto kind) {
        while (end < text.size() && kind(text[end])) ++end;
      };
      if (is_letter(c)) {
        run(is_letter);
      } else if (is_number(c)) {
        run(is_number);
      } else if (!is_space(c)) {
        run(other);
      } else {
        run(is_space);
        if (end < text.size() && end - at > 1) --end;  // the last space belongs to what follows
      }
    }
    emit(at, end);
    at = end;
  }
}

/// A text as transformers' CLIPTokenizer normalises it: NFC, white space as single spaces, lower case.
std::string normalize_clip(std::string_view text);

/// The words of a text as transformers' CLIPTokenizer sees them: NFC, lower case character by character, split_clip.
/// (Its replacement of white space by one space changes no word.) `emit` gets UTF-8 that lives until it returns.
void for_each_clip_word(std::string_view text, const std::function<void(std::string_view)>& emit);

}  // namespace sensorium
