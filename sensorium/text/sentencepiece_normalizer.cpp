#include "sensorium/text/sentencepiece_normalizer.h"

#include "sensorium/text/unicode.h"

namespace sensorium {

SentencePieceNormalizer::SentencePieceNormalizer(const SentencePieceModel& model, std::string_view source)
    : charsmap_(model.charsmap, source),
      add_prefix_(model.add_dummy_prefix),
      remove_spaces_(model.remove_extra_whitespaces),
      escape_(model.escape_whitespaces),
      suffix_(model.space_is_suffix) {
  std::vector<std::pair<std::string_view, int32_t>> symbols;
  for (size_t id = 0; id < model.pieces.size(); ++id)
    if (model.pieces[id].type == PieceType::user_defined)
      symbols.emplace_back(model.pieces[id].piece, static_cast<int32_t>(id));
  has_user_defined_ = !symbols.empty();
  user_defined_ = PieceTrie(std::move(symbols));
}

size_t SentencePieceNormalizer::user_defined(std::string_view text) const {
  size_t longest = 0;
  if (has_user_defined_) user_defined_.prefixes(text, [&](size_t length, int32_t) { longest = length; });
  return longest;
}

/// What the beginning of a text becomes, and how many of its bytes that is.
std::pair<std::string_view, size_t> SentencePieceNormalizer::prefix(std::string_view text) const {
  if (const size_t n = user_defined(text); n > 0) return {text.substr(0, n), n};
  if (const auto rule = charsmap_.longest(text); rule.length > 0) return {rule.replacement, rule.length};
  size_t end = 0;
  if (unicode::next(text, end) == unicode::kReplacement && text.substr(0, end) != "\uFFFD") return {"\uFFFD", 1};
  return {text.substr(0, end), end};
}

std::string SentencePieceNormalizer::normalize(std::string_view text) const {
  const std::string_view space = escape_ ? kSpaceSymbol : std::string_view(" ");
  if (remove_spaces_)
    while (!text.empty()) {
      const auto [piece, length] = prefix(text);
      if (piece != " ") break;
      text.remove_prefix(length);
    }
  std::string out;
  if (text.empty()) return out;
  out.reserve(text.size() * 3);
  if (add_prefix_ && !suffix_) out += space;
  bool after_space = remove_spaces_;
  while (!text.empty()) {
    auto [piece, length] = prefix(text);
    while (after_space && piece.starts_with(' ')) piece.remove_prefix(1);
    if (!piece.empty()) {
      for (char c : piece)
        if (c == ' ')
          out += space;
        else
          out += c;
      after_space = piece.ends_with(' ');
    }
    text.remove_prefix(length);
    after_space &= remove_spaces_;
  }
  if (remove_spaces_)
    while (out.ends_with(space)) out.resize(out.size() - space.size());
  if (add_prefix_ && suffix_) out += space;
  return out;
}

}  // namespace sensorium
