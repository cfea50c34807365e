#pragma once
// The tokenizer of a SentencePiece `.model` file: unigram or byte-pair encoding.
// Source: Kudo, Richardson, "SentencePiece: A simple and language independent subword tokenizer", EMNLP 2018.

#include "sensorium/text/score_bpe.h"
#include "sensorium/text/sentencepiece_normalizer.h"
#include "sensorium/text/tokenizer.h"

namespace sensorium {

class SentencePieceTokenizer final : public Tokenizer {
 public:
  /// `file_name` is what `save` calls the model. Throws InputError naming `source` for broken rules or bytes missing
  /// under byte_fallback.
  SentencePieceTokenizer(SentencePieceModel model, Vocabulary vocabulary, TokenizerSettings settings,
                         std::string file_name, std::string_view source);
  /// Writes the model as it was read, and tokenizer_config.json.
  void save(const fs::path& folder) const override;
  int64_t vocab_size() const override { return vocabulary_.size(); }
  int32_t token_to_id(std::string_view token) const override { return vocabulary_.find(token); }
  std::string_view kind() const override { return "sentencepiece"; }
  const SentencePieceModel& model() const { return model_; }
  const Vocabulary& vocabulary() const { return vocabulary_; }
  /// tokenizer_config.json's tokenizer_class; kept for `save`.
  void set_class_name(std::string name) { class_name_ = std::move(name); }
  /// Texts go through siglip_text first, as transformers' SiglipTokenizer has it; the frame must end in eos.
  void read_as_siglip(bool lowercase) {
    siglip_ = true;
    siglip_lowercase_ = lowercase;
  }

 protected:
  void encode_plain(std::string_view text, std::vector<int32_t>& ids) const override;
  std::string decode_tokens(std::span<const int32_t> ids, bool skip_special_tokens) const override;

 private:
  PieceType type_of(int32_t id) const {
    return static_cast<size_t>(id) < model_.pieces.size() ? model_.pieces[id].type : PieceType::control;
  }
  void append_pieces(std::string_view text, std::vector<int32_t>& ids) const;
  std::string decode_pieces(std::span<const int32_t> ids, bool skip_special_tokens) const;
  void encode_siglip(std::string_view text, std::vector<int32_t>& ids) const;
  std::string decode_siglip(std::span<const int32_t> ids, bool skip_special_tokens) const;
  std::string spelled(int32_t id, bool at_start, bool skip_special_tokens, bool& took_space) const;

  SentencePieceModel model_;
  Vocabulary vocabulary_;
  AddedTokens added_;
  SentencePieceNormalizer normalizer_;
  Unigram unigram_;
  ScoredPieces scored_;
  int32_t unk_ = -1;
  std::array<int32_t, 256> bytes_;  // ids of the byte pieces, -1 where there is none
  std::vector<int16_t> byte_of_;    // by id: the byte of a byte piece, or -1
  std::string file_name_, class_name_;
  bool siglip_ = false, siglip_lowercase_ = true;
};

/// SigLIP's canonical text: lower case as Python's (unless not wanted), no ASCII punctuation, single spaces, none at
/// either end. Source: big_vision; transformers 5, SiglipTokenizer.
std::string siglip_text(std::string_view text, bool lowercase);

/// The pieces of a model as a vocabulary. Throws InputError naming `source` for a piece that comes twice.
Vocabulary sentencepiece_vocabulary(const SentencePieceModel& model, std::string_view source);

}  // namespace sensorium
