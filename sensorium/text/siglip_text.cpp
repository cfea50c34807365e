// SentencePiece as transformers' SiglipTokenizer calls it: on canonical text, behind a space of its own.
#include "sensorium/text/clean.h"
#include "sensorium/text/sentencepiece_tokenizer.h"
#include "sensorium/text/unicode.h"

namespace sensorium {

std::string siglip_text(std::string_view text, bool lowercase) {
  std::u32string all = unicode::decode(text);
  if (lowercase) all = unicode::python_lower(all);
  std::erase_if(all, unicode::is_ascii_punctuation);
  return unicode::encode(single_spaces(all));
}

void SentencePieceTokenizer::encode_siglip(std::string_view text, std::vector<int32_t>& ids) const {
  const std::string unk = unk_ >= 0 ? vocabulary_.token(unk_) : "";
  std::vector<int32_t> before, part;
  append_pieces(unk, before);
  const auto plain = [&](std::string_view piece) {  // the space that the model puts first falls to the unknown token
    part.clear();
    append_pieces(unk + siglip_text(piece, siglip_lowercase_), part);
    const size_t skip = part.size() >= before.size() ? before.size() : 0;
    ids.insert(ids.end(), part.begin() + static_cast<std::ptrdiff_t>(skip), part.end());
  };
  std::string spelled(kSpaceSymbol);
  for (size_t at = 0; at < text.size();) {
    const bool symbol = text.substr(at).starts_with(kSpaceSymbol);
    spelled += symbol ? ' ' : text[at];
    at += symbol ? kSpaceSymbol.size() : 1;
  }
  const size_t begin = ids.size();
  bool second_is_special = false;
  added_.split(spelled, false, plain, [&](int32_t id) {
    second_is_special |= ids.size() == begin + 1 && added_.is_special(id);
    ids.push_back(id);
  });
  if (second_is_special && ids[begin] == vocabulary_.find(kSpaceSymbol))
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(begin));
  if (ids.size() > begin && ids.back() == eos_id()) ids.pop_back();  // the frame's is enough
}

std::string SentencePieceTokenizer::decode_siglip(std::span<const int32_t> ids, bool skip_special_tokens) const {
  std::string out;
  std::vector<int32_t> pieces;
  bool after_special = false;
  for (int32_t id : ids) {
    const bool special = added_.is_special(id);
    if (special && skip_special_tokens) continue;
    if (!special) {
      pieces.push_back(id);
    } else {
      if (!after_special) out += ' ';
      out += decode_pieces(pieces, true) + vocabulary_.token(id);
      pieces.clear();
    }
    after_special = special;
  }
  return unicode::encode(unicode::python_strip(unicode::decode(out + decode_pieces(pieces, true))));
}

}  // namespace sensorium
