#include "sensorium/text/clip_split.h"

#include <algorithm>

namespace sensorium {

namespace {

std::u32string normalize(std::u32string_view text) {
  const bool composed = std::all_of(text.begin(), text.end(), [](char32_t c) { return c < 0x300; });
  const std::u32string nfc = composed ? std::u32string(text) : unicode::nfc(text);
  std::u32string lower;
  lower.reserve(nfc.size());
  for (char32_t c : nfc) unicode::append_lower(lower, c);
  return lower;
}

}  // namespace

std::string normalize_clip(std::string_view text) {
  std::u32string spaced;
  for (char32_t c : normalize(unicode::decode(text))) {
    if (!unicode::is_space(c))
      spaced += c;
    else if (spaced.empty() || spaced.back() != U' ')
      spaced += U' ';
  }
  return unicode::encode(spaced);
}

void for_each_clip_word(std::string_view text, const std::function<void(std::string_view)>& emit) {
  if (unicode::is_ascii(text)) {  // most captions: no decoding
    std::string lower(text);
    for (char& c : lower)
      if (c >= 'A' && c <= 'Z') c += 32;
    split_clip(std::string_view(lower), ClipStyle::huggingface,
               [&](size_t begin, size_t end) { emit(std::string_view(lower).substr(begin, end - begin)); });
    return;
  }
  const std::u32string normal = normalize(unicode::decode(text));
  std::string word;
  split_clip(std::u32string_view(normal), ClipStyle::huggingface, [&](size_t begin, size_t end) {
    word.clear();
    for (size_t i = begin; i < end; ++i) unicode::append(word, normal[i]);
    emit(word);
  });
}

}  // namespace sensorium
