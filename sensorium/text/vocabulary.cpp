#include "sensorium/text/vocabulary.h"

#include <algorithm>

#include "sensorium/base/error.h"
#include "sensorium/text/unicode.h"

namespace sensorium {

namespace {
constexpr int64_t kMostTokens = int64_t{1} << 24;  // keeps a wrong id from allocating a huge table
}

Vocabulary::Vocabulary(std::vector<std::string> tokens, std::string_view source) {
  for (size_t i = 0; i < tokens.size(); ++i) add(std::move(tokens[i]), static_cast<int64_t>(i), source);
}

void Vocabulary::add(std::string token, int64_t id, std::string_view source) {
  if (id < 0 || id >= kMostTokens)
    throw InputError("tokenizer", "{}: expected ids from 0 to {}, got {} for \"{}\"", source, kMostTokens - 1, id,
                     token);
  if (id >= size()) tokens_.resize(static_cast<size_t>(id) + 1);
  const auto [it, fresh] = ids_.emplace(token, static_cast<int32_t>(id));
  if (!fresh)
    throw InputError("tokenizer", "{}: expected each token once, got \"{}\" as {} and {}", source, token, it->second,
                     id);
  if (!tokens_[id].empty())
    throw InputError("tokenizer", "{}: expected each id once, got {} for \"{}\" and \"{}\"", source, id, tokens_[id],
                     token);
  tokens_[id] = std::move(token);
}

int32_t Vocabulary::find(std::string_view token) const {
  const auto it = ids_.find(token);
  return it == ids_.end() ? -1 : it->second;
}

const std::string& Vocabulary::token(int64_t id) const {
  if (id < 0 || id >= size()) throw InputError("decode", "expected token ids from 0 to {}, got {}", size() - 1, id);
  return tokens_[static_cast<size_t>(id)];
}

AddedTokens::AddedTokens(std::vector<AddedToken> tokens, const std::function<std::string(std::string_view)>& normalize)
    : tokens_(std::move(tokens)) {
  for (AddedToken& t : tokens_)
    if (t.normalized && normalize) t.content = normalize(t.content);
  std::erase_if(tokens_, [](const AddedToken& t) { return t.content.empty(); });
  std::stable_sort(tokens_.begin(), tokens_.end(),
                   [](const auto& a, const auto& b) { return a.content.size() > b.content.size(); });
  for (const auto& t : tokens_) {
    starts_[static_cast<uint8_t>(t.content[0])] = true;
    has_normalized_ |= t.normalized;
  }
}

const AddedToken* AddedTokens::match(std::string_view text, size_t at, bool normalized) const {
  if (!starts_[static_cast<uint8_t>(text[at])]) return nullptr;
  for (const auto& t : tokens_)
    if (t.normalized == normalized && text.substr(at).starts_with(t.content)) return &t;
  return nullptr;
}

void AddedTokens::split(std::string_view text, bool normalized, const std::function<void(std::string_view)>& plain,
                        const std::function<void(int32_t)>& token) const {
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const AddedToken* t = match(text, at, normalized);
    if (t == nullptr) {
      ++at;
      continue;
    }
    size_t end = at;
    while (t->lstrip && end > begin) {  // step back over one code point of white space
      size_t previous = end - 1;
      while (previous > begin && (static_cast<uint8_t>(text[previous]) & 0xC0) == 0x80) --previous;
      size_t probe = previous;
      if (!unicode::is_space(unicode::next(text, probe))) break;
      end = previous;
    }
    if (end > begin) plain(text.substr(begin, end - begin));
    token(t->id);
    at += t->content.size();
    while (t->rstrip && at < text.size()) {
      size_t probe = at;
      if (!unicode::is_space(unicode::next(text, probe))) break;
      at = probe;
    }
    begin = at;
  }
  if (begin < text.size()) plain(text.substr(begin));
}

bool AddedTokens::is_special(int32_t id) const {
  return std::any_of(tokens_.begin(), tokens_.end(), [&](const auto& t) { return t.id == id && t.special; });
}

}  // namespace sensorium
