#include "sensorium/text/sentencepiece_tokenizer.h"

#include <algorithm>
#include <cfloat>

#include "sensorium/base/error.h"
#include "sensorium/text/unicode.h"

namespace sensorium {

namespace {

bool may_join(PieceType type) {
  return type == PieceType::normal || type == PieceType::user_defined || type == PieceType::unused;
}

Unigram make_unigram(const SentencePieceModel& model, int32_t unk) {
  float lowest = FLT_MAX, highest = FLT_MIN;
  std::vector<Unigram::Piece> pieces;
  for (size_t id = 0; id < model.pieces.size(); ++id) {
    const SentencePiece& p = model.pieces[id];
    if (p.type == PieceType::normal) {
      lowest = std::min(lowest, p.score);
      highest = std::max(highest, p.score);
    }
    if (p.type == PieceType::normal || p.type == PieceType::user_defined)
      pieces.push_back({p.piece, static_cast<int32_t>(id), p.score, p.type == PieceType::user_defined});
  }
  return Unigram(std::move(pieces), lowest, highest, unk, true);
}

/// The value of "<0x41>", or -1.
int byte_value(std::string_view piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') return -1;
  int value = 0;
  for (char c : piece.substr(3, 2)) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

std::string spaces_for_symbols(std::string_view piece) {
  std::string out;
  for (size_t at = 0; at < piece.size();) {
    const bool symbol = piece.substr(at).starts_with(kSpaceSymbol);
    out += symbol ? ' ' : piece[at];
    at += symbol ? kSpaceSymbol.size() : 1;
  }
  return out;
}

/// Bytes as text; each that is no UTF-8 as U+FFFD.
std::string text_of_bytes(std::string_view bytes) {
  std::string out;
  for (size_t at = 0; at < bytes.size();) {
    const size_t begin = at;
    const char32_t c = unicode::next(bytes, at);
    if (c == unicode::kReplacement && bytes.substr(begin, at - begin) != "\uFFFD") at = begin + 1;
    unicode::append(out, c);
  }
  return out;
}

}  // namespace

Vocabulary sentencepiece_vocabulary(const SentencePieceModel& model, std::string_view source) {
  Vocabulary vocabulary;
  for (const SentencePiece& p : model.pieces) vocabulary.add(p.piece, vocabulary.size(), source);
  return vocabulary;
}

SentencePieceTokenizer::SentencePieceTokenizer(SentencePieceModel model, Vocabulary vocabulary,
                                               TokenizerSettings settings, std::string file_name,
                                               std::string_view source)
    : Tokenizer(std::move(settings)),
      model_(std::move(model)),
      vocabulary_(std::move(vocabulary)),
      added_(settings_.added),
      normalizer_(model_, source),
      file_name_(std::move(file_name)) {
  bytes_.fill(-1);
  byte_of_.assign(model_.pieces.size(), -1);
  for (size_t id = 0; id < model_.pieces.size(); ++id) {
    const SentencePiece& p = model_.pieces[id];
    if (p.type == PieceType::unknown) unk_ = static_cast<int32_t>(id);
    if (p.type != PieceType::byte) continue;
    const int value = byte_value(p.piece);
    if (value < 0)
      throw InputError("tokenizer", "{}: expected byte pieces such as <0x41>, got \"{}\"", source, p.piece);
    bytes_[value] = static_cast<int32_t>(id);
    byte_of_[id] = static_cast<int16_t>(value);
  }
  if (model_.byte_fallback && std::find(bytes_.begin(), bytes_.end(), -1) != bytes_.end())
    throw InputError("tokenizer", "{}: expected a piece for each byte with byte_fallback, got none for byte {}", source,
                     std::find(bytes_.begin(), bytes_.end(), -1) - bytes_.begin());
  settings_.special.unk = unk_;
  if (model_.kind == SentencePieceModel::Kind::unigram) unigram_ = make_unigram(model_, unk_);
  scored_.find = [this](std::string_view piece) {
    const int32_t id = vocabulary_.find(piece);
    return id >= 0 && may_join(type_of(id)) ? id : -1;
  };
  scored_.score = [this](int32_t id) { return model_.pieces[id].score; };
  scored_.unused = [this](int32_t id) { return model_.pieces[id].type == PieceType::unused; };
  scored_.user_defined = [this](std::string_view text) { return normalizer_.user_defined(text); };
}

void SentencePieceTokenizer::append_pieces(std::string_view text, std::vector<int32_t>& ids) const {
  const std::string normal = normalizer_.normalize(text);
  std::vector<CutPiece> pieces;
  if (model_.kind == SentencePieceModel::Kind::unigram)
    unigram_.cut(normal, pieces);
  else
    cut_by_scores(normal, scored_, pieces);
  bool after_unknown = false;
  for (const CutPiece& piece : pieces) {
    const bool unknown = piece.id < 0 || piece.id == unk_;
    if (unknown && model_.byte_fallback)
      for (char c : piece.bytes) ids.push_back(bytes_[static_cast<uint8_t>(c)]);
    else if (unknown && !after_unknown)
      ids.push_back(unk_);
    else if (!unknown)
      ids.push_back(piece.id);
    after_unknown = unknown;
  }
}

void SentencePieceTokenizer::encode_plain(std::string_view text, std::vector<int32_t>& ids) const {
  if (siglip_) return encode_siglip(text, ids);
  added_.split(
      text, false, [&](std::string_view piece) { append_pieces(piece, ids); }, [&](int32_t id) { ids.push_back(id); });
}

/// The text of one piece that is no byte. `took_space`: the first space of a text, which encoding added, was left out.
std::string SentencePieceTokenizer::spelled(int32_t id, bool at_start, bool skip_special_tokens,
                                            bool& took_space) const {
  took_space = false;
  const PieceType type = type_of(id);
  if (type == PieceType::control)
    return skip_special_tokens && (static_cast<size_t>(id) < model_.pieces.size() || added_.is_special(id))
               ? ""
               : vocabulary_.token(id);
  if (type == PieceType::unknown) return model_.unk_surface;
  std::string_view piece = vocabulary_.token(id);
  if (at_start && (model_.add_dummy_prefix || model_.remove_extra_whitespaces) && piece.starts_with(kSpaceSymbol)) {
    piece.remove_prefix(kSpaceSymbol.size());
    took_space = !model_.remove_extra_whitespaces;
  }
  return spaces_for_symbols(piece);
}

std::string SentencePieceTokenizer::decode_tokens(std::span<const int32_t> ids, bool skip_special_tokens) const {
  return siglip_ ? decode_siglip(ids, skip_special_tokens) : decode_pieces(ids, skip_special_tokens);
}

std::string SentencePieceTokenizer::decode_pieces(std::span<const int32_t> ids, bool skip_special_tokens) const {
  std::string text, bytes;
  bool at_start = true, took_space = false;
  for (int32_t id : ids) {
    vocabulary_.token(id);  // refuses ids outside
    const int byte = static_cast<size_t>(id) < byte_of_.size() ? byte_of_[id] : -1;
    if (byte >= 0) {
      bytes += static_cast<char>(byte);
      continue;
    }
    text += text_of_bytes(bytes);
    bytes.clear();
    if (took_space || !text.empty()) at_start = false;
    text += spelled(id, at_start, skip_special_tokens, took_space);
  }
  return text + text_of_bytes(bytes);
}

}  // namespace sensorium
