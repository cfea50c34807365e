#include "sensorium/text/bpe_tokenizer.h"

#include "sensorium/base/error.h"
#include "sensorium/text/byte_alphabet.h"

namespace sensorium {

namespace {

// What open_clip writes for them, whatever they are called in the vocabulary.
constexpr std::string_view kStartOfText = "<start_of_text>", kEndOfText = "<end_of_text>";

/// The bytes of tokens: byte characters to bytes, any other spelling as it stands.
std::string bytes_of(const Vocabulary& vocabulary, const AddedTokens& added, std::span<const int32_t> ids,
                     bool skip_special_tokens) {
  std::string out;
  for (int32_t id : ids) {
    const std::string& token = vocabulary.token(id);
    if (skip_special_tokens && added.is_special(id)) continue;
    out += bytes_of_characters(token).value_or(token);
  }
  return out;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) text.replace(at, from.size(), to);
}

/// The end-of-text token ends every text and stands for what the vocabulary lacks.
int32_t required(const Vocabulary& vocabulary, int32_t id, std::string_view name, std::string_view source) {
  if (id < 0 || id >= vocabulary.size())
    throw InputError("tokenizer", "{}: expected a {} token in the vocabulary, got none", source, name);
  return id;
}

}  // namespace

ClipTokenizer::ClipTokenizer(Vocabulary vocabulary, std::vector<Merge> merges, TokenizerSettings settings,
                             Cleaning cleaning, std::string_view source)
    : Tokenizer(std::move(settings)),
      vocabulary_(std::move(vocabulary)),
      merges_(std::move(merges)),
      added_(settings_.added, normalize_clip),
      cleaning_(cleaning),
      bpe_(vocabulary_, merges_, "</w>", settings_.special.unk, source) {
  required(vocabulary_, settings_.special.bos, "start-of-text", source);
  required(vocabulary_, settings_.special.eos, "end-of-text", source);
}

void ClipTokenizer::encode_plain(std::string_view text, std::vector<int32_t>& ids) const {
  if (cleaning_ != Cleaning::none) {  // spelled special tokens are found after cleaning, among the words
    const std::u32string clean = clean_text(unicode::decode(text), cleaning_);
    split_clip(std::u32string_view(clean), ClipStyle::openai, [&](size_t begin, size_t end) {
      const std::string word = unicode::encode(std::u32string_view(clean).substr(begin, end - begin));
      if (word == kStartOfText)
        ids.push_back(settings_.special.bos);
      else if (word == kEndOfText)
        ids.push_back(settings_.special.eos);
      else
        bpe_.encode(word, ids);
    });
    return;
  }
  const auto word = [&](std::string_view w) { bpe_.encode(w, ids); };
  const auto token = [&](int32_t id) { ids.push_back(id); };
  const auto plain = [&](std::string_view piece) {
    if (!added_.has_normalized()) return for_each_clip_word(piece, word);
    added_.split(
        normalize_clip(piece), true, [&](std::string_view part) { for_each_clip_word(part, word); }, token);
  };
  added_.split(text, false, plain, token);
}

std::string ClipTokenizer::decode_tokens(std::span<const int32_t> ids, bool skip_special_tokens) const {
  std::string text;
  for (const int32_t& id : ids) {
    const bool named = cleaning_ != Cleaning::none && !skip_special_tokens;
    if (named && id == settings_.special.bos)
      text += kStartOfText;
    else if (named && id == settings_.special.eos)
      text += kEndOfText;
    else
      text += bytes_of(vocabulary_, added_, {&id, 1}, skip_special_tokens);
  }
  text = unicode::repair(text);
  replace_all(text, "</w>", " ");
  return cleaning_ == Cleaning::none ? unicode::encode(unicode::python_strip(unicode::decode(text))) : text;
}

ByteLevelBpeTokenizer::ByteLevelBpeTokenizer(Vocabulary vocabulary, std::vector<Merge> merges,
                                             TokenizerSettings settings, bool add_prefix_space, std::string_view source)
    : Tokenizer(std::move(settings)),
      vocabulary_(std::move(vocabulary)),
      merges_(std::move(merges)),
      added_(settings_.added),
      add_prefix_space_(add_prefix_space),
      bpe_(vocabulary_, merges_, "", settings_.special.unk, source) {}

void ByteLevelBpeTokenizer::encode_plain(std::string_view text, std::vector<int32_t>& ids) const {
  const auto token = [&](int32_t id) { ids.push_back(id); };
  const auto words = [&](std::string_view piece) {
    std::u32string all = unicode::decode(piece);
    if (add_prefix_space_ && !all.empty() && !unicode::is_space(all[0])) all.insert(all.begin(), U' ');
    std::string word;
    split_gpt2(all, [&](size_t begin, size_t end) {
      word.clear();
      for (size_t i = begin; i < end; ++i) unicode::append(word, all[i]);
      bpe_.encode(word, ids);
    });
  };
  const auto plain = [&](std::string_view piece) {
    added_.has_normalized() ? added_.split(piece, true, words, token) : words(piece);
  };
  added_.split(text, false, plain, token);
}

std::string ByteLevelBpeTokenizer::decode_tokens(std::span<const int32_t> ids, bool skip_special_tokens) const {
  return unicode::repair(bytes_of(vocabulary_, added_, ids, skip_special_tokens));
}

}  // namespace sensorium
