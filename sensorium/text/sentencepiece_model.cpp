#include "sensorium/text/sentencepiece_model.h"

#include "sensorium/base/error.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace sensorium {

namespace {

/// One field of a protocol buffer message: numbers in `number`, strings and messages in `bytes`.
struct WireField {
  uint32_t id = 0;
  int type = 0;
  uint64_t number = 0;
  std::string_view bytes;
};

/// Reads the fields of one message in order.
class WireReader {
 public:
  WireReader(std::string_view bytes, std::string_view source) : rest_(bytes), source_(source) {}

  bool next(WireField& field) {
    if (rest_.empty()) return false;
    const uint64_t tag = varint();
    field = {static_cast<uint32_t>(tag >> 3), static_cast<int>(tag & 7), 0, {}};
    switch (field.type) {
      case 0:
        field.number = varint();
        return true;
      case 1:
        field.number = fixed(8);
        return true;
      case 2:
        field.bytes = take(varint());
        return true;
      case 5:
        field.number = fixed(4);
        return true;
      default:
        fail("a field of a known type");
    }
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw InputError("tokenizer",
                     "{}: expected a SentencePiece model with {}, got something else {} bytes before its end", source_,
                     what, rest_.size());
  }
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<uint8_t>(rest_[0]);
      rest_.remove_prefix(1);
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    fail("complete numbers");
  }
  std::string_view take(uint64_t size) {
    if (size > rest_.size()) fail("fields inside the file");
    const std::string_view bytes = rest_.substr(0, static_cast<size_t>(size));
    rest_.remove_prefix(static_cast<size_t>(size));
    return bytes;
  }
  uint64_t fixed(size_t size) {
    uint64_t value = 0;
    std::memcpy(&value, take(size).data(), size);
    return value;
  }
  std::string_view rest_, source_;
};

SentencePiece read_piece(std::string_view bytes, size_t id, std::string_view source) {
  SentencePiece piece;
  WireReader reader(bytes, source);
  for (WireField f; reader.next(f);) {
    if (f.id == 1 && f.type == 2) piece.piece = f.bytes;
    if (f.id == 2 && f.type == 5) piece.score = std::bit_cast<float>(static_cast<uint32_t>(f.number));
    if (f.id == 3 && f.type == 0) {
      if (f.number < 1 || f.number > 6)
        throw InputError("tokenizer", "{}: expected types of pieces from 1 to 6, got {} for piece {}", source, f.number,
                         id);
      piece.type = static_cast<PieceType>(f.number);
    }
  }
  if (piece.piece.empty()) throw InputError("tokenizer", "{}: expected no empty piece, got one at {}", source, id);
  if (!std::isfinite(piece.score))
    throw InputError("tokenizer", "{}: expected finite scores, got {} for piece {}", source, piece.score, id);
  return piece;
}

void read_trainer(std::string_view bytes, SentencePieceModel& model, std::string_view source) {
  WireReader reader(bytes, source);
  for (WireField f; reader.next(f);) {
    if (f.id == 3 && f.type == 0) {
      if (f.number != 1 && f.number != 2)
        throw InputError("tokenizer", "{}: expected a SentencePiece model of type 1 (unigram) or 2 (BPE), got {}",
                         source, f.number);
      model.kind = static_cast<SentencePieceModel::Kind>(f.number);
    }
    if (f.id == 24 && f.type == 0) model.space_is_suffix = f.number != 0;
    if (f.id == 35 && f.type == 0) model.byte_fallback = f.number != 0;
    if (f.id == 44 && f.type == 2) model.unk_surface = f.bytes;
  }
}

void read_normalizer(std::string_view bytes, SentencePieceModel& model, std::string_view source) {
  WireReader reader(bytes, source);
  for (WireField f; reader.next(f);) {
    if (f.id == 2 && f.type == 2) model.charsmap = f.bytes;
    if (f.id == 3 && f.type == 0) model.add_dummy_prefix = f.number != 0;
    if (f.id == 4 && f.type == 0) model.remove_extra_whitespaces = f.number != 0;
    if (f.id == 5 && f.type == 0) model.escape_whitespaces = f.number != 0;
  }
}

}  // namespace

SentencePieceModel parse_sentencepiece_model(std::string bytes, std::string_view source) {
  SentencePieceModel model;
  WireReader reader(bytes, source);
  size_t unknown = 0;
  for (WireField f; reader.next(f);) {
    if (f.type != 2) continue;
    if (f.id == 1) {
      model.pieces.push_back(read_piece(f.bytes, model.pieces.size(), source));
      unknown += model.pieces.back().type == PieceType::unknown;
    }
    if (f.id == 2) read_trainer(f.bytes, model, source);
    if (f.id == 3) read_normalizer(f.bytes, model, source);
  }
  if (unknown != 1)
    throw InputError("tokenizer", "{}: expected a SentencePiece model with one unknown piece, got {} in {} pieces",
                     source, unknown, model.pieces.size());
  model.bytes = std::move(bytes);
  return model;
}

}  // namespace sensorium
