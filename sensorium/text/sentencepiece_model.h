#pragma once
// The contents of a SentencePiece `.model` file, which is a protocol buffer.

#include "sensorium/base/file.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sensorium {

/// What a piece is for; the values are those of the file.
enum class PieceType { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };

struct SentencePiece {
  std::string piece;
  float score = 0;
  PieceType type = PieceType::normal;
};

/// The fields that encoding and decoding need. Source: SentencePiece 0.2, sentencepiece_model.proto.
struct SentencePieceModel {
  enum class Kind { unigram = 1, bpe = 2 };
  std::vector<SentencePiece> pieces;  // by id
  Kind kind = Kind::unigram;
  bool byte_fallback = false;    // characters that no piece covers are spelled in bytes
  bool space_is_suffix = false;  // U+2581 ends words instead of beginning them
  std::string unk_surface = " \u2047 ";
  std::string charsmap;  // see Charsmap
  bool add_dummy_prefix = true, remove_extra_whitespaces = true, escape_whitespaces = true;
  std::string bytes;  // the file itself, so that it can be saved as it was
};

/// Parses a model file. Throws InputError naming `source` when it is no such protocol buffer, its type is neither
/// unigram nor BPE, a piece is empty, or it has not exactly one unknown piece. Sizes are checked against the file's.
SentencePieceModel parse_sentencepiece_model(std::string bytes, std::string_view source);

}  // namespace sensorium
