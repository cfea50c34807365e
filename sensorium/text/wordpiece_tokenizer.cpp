#include "sensorium/text/wordpiece_tokenizer.h"

#include <algorithm>

#include "sensorium/base/error.h"
#include "sensorium/text/bert_unicode.h"
#include "sensorium/text/unicode.h"

namespace sensorium {

namespace {

bool is_cjk_ideograph(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

std::u32string normalize(std::u32string text, const BertNormalization& options) {
  std::u32string out;
  if (options.clean_text) {
    out.reserve(text.size());
    for (char32_t c : text) {
      if (c == '\t' || c == '\n' || c == '\r')
        out += U' ';
      else if (c != unicode::kReplacement && !is_bert_control(c))
        out += unicode::is_space(c) ? U' ' : c;
    }
    text.swap(out);
  }
  if (options.handle_chinese_chars && std::any_of(text.begin(), text.end(), is_cjk_ideograph)) {
    out.clear();
    for (char32_t c : text)
      if (is_cjk_ideograph(c))
        out += {U' ', c, U' '};
      else
        out += c;
    text.swap(out);
  }
  if (options.strip_accents && std::any_of(text.begin(), text.end(), [](char32_t c) { return c >= 0x80; })) {
    text = unicode::nfd(text);
    std::erase_if(text, is_bert_mark);
  }
  if (options.lowercase) {
    out.clear();
    for (char32_t c : text) unicode::append_lower(out, c);
    text.swap(out);
  }
  return text;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) text.replace(at, from.size(), to);
}

}  // namespace

std::string clean_up_spaces(std::string text) {
  constexpr std::pair<std::string_view, std::string_view> rules[] = {
      {" .", "."},     {" ?", "?"},   {" !", "!"},   {" ,", ","},     {" ' ", "'"},
      {" n't", "n't"}, {" 'm", "'m"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : rules) replace_all(text, from, to);
  return text;
}

std::string normalize_bert(std::string_view text, const BertNormalization& options) {
  return unicode::encode(normalize(unicode::decode(text), options));
}

void split_bert(std::string_view text, const BertNormalization& options,
                const std::function<void(std::u32string_view)>& emit) {
  const std::u32string normal = normalize(unicode::decode(text), options);
  const std::u32string_view all = normal;
  for (size_t at = 0; at < all.size();) {
    if (unicode::is_space(all[at])) {
      ++at;
      continue;
    }
    size_t end = at + 1;
    if (!is_bert_punctuation(all[at]))
      while (end < all.size() && !unicode::is_space(all[end]) && !is_bert_punctuation(all[end])) ++end;
    emit(all.substr(at, end - at));
    at = end;
  }
}

WordPieceTokenizer::WordPieceTokenizer(Vocabulary vocabulary, TokenizerSettings settings,
                                       BertNormalization normalization, std::string_view source, size_t longest_word)
    : Tokenizer(std::move(settings)),
      vocabulary_(std::move(vocabulary)),
      added_(settings_.added, [&](std::string_view token) { return normalize_bert(token, normalization); }),
      normalization_(normalization),
      longest_word_(longest_word) {
  if (settings_.special.unk < 0)
    throw InputError("tokenizer", "{}: expected the unknown token [UNK] in the vocabulary, got none", source);
  for (size_t id = 0; id < vocabulary_.tokens().size(); ++id) {
    const std::string& token = vocabulary_.tokens()[id];
    longest_piece_ = std::max(longest_piece_, token.size());
    if (token.size() > 2 && token.starts_with("##")) inner_.emplace(token.substr(2), static_cast<int32_t>(id));
  }
}

void WordPieceTokenizer::encode_plain(std::string_view text, std::vector<int32_t>& ids) const {
  const auto token = [&](int32_t id) { ids.push_back(id); };
  const auto words = [&](std::string_view piece) {
    split_bert(piece, normalization_, [&](std::u32string_view word) { encode_word(word, ids); });
  };
  const auto plain = [&](std::string_view piece) {
    if (!added_.has_normalized()) return words(piece);
    added_.split(normalize_bert(piece, normalization_), true, words, token);
  };
  added_.split(text, false, plain, token);
}

void WordPieceTokenizer::encode_word(std::u32string_view word, std::vector<int32_t>& ids) const {
  if (word.size() > longest_word_) return ids.push_back(settings_.special.unk);
  const std::string bytes = unicode::encode(word);
  const size_t before = ids.size();
  for (size_t at = 0; at < bytes.size();) {
    size_t n = std::min(longest_piece_, bytes.size() - at);
    int32_t id = -1;
    for (; n > 0; --n) {
      if (at + n < bytes.size() && (static_cast<uint8_t>(bytes[at + n]) & 0xC0) == 0x80)
        continue;  // inside a character
      const auto piece = std::string_view(bytes).substr(at, n);
      if (at == 0) {
        id = vocabulary_.find(piece);
      } else if (const auto it = inner_.find(piece); it != inner_.end()) {
        id = it->second;
      }
      if (id >= 0) break;
    }
    if (id < 0) {
      ids.resize(before);
      ids.push_back(settings_.special.unk);
      return;
    }
    ids.push_back(id);
    at += n;
  }
}

std::string WordPieceTokenizer::decode_tokens(std::span<const int32_t> ids, bool skip_special_tokens) const {
  std::string text;
  bool first = true;
  for (int32_t id : ids) {
    std::string token = vocabulary_.token(id);
    if (skip_special_tokens && added_.is_special(id)) continue;
    if (!first) token = token.starts_with("##") ? token.substr(2) : " " + token;
    replace_all(token, " do not", " don't");  // no piece has this space, but an added token may
    text += clean_up_spaces(std::move(token));
    first = false;
  }
  return text;
}

}  // namespace sensorium
