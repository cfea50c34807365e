#pragma once
// What the JSON files of a checkpoint folder say about a tokenizer besides its vocabulary. Used by the loaders only.

#include "sensorium/base/json.h"
#include "sensorium/text/sentencepiece_model.h"
#include "sensorium/text/tokenizer.h"

namespace sensorium::tokenizer_files {

inline constexpr const char* kOperation = "tokenizer";

/// The JSON files of a folder that say how its vocabulary is used; null where one is missing.
struct Folder {
  fs::path path;
  Json config, special_map, open_clip;
  std::string source(const char* file) const { return (path / file).string(); }
  bool has(const char* file) const { return fs::exists(path / file); }
};

/// The object in a JSON file; null when there is no such file. Throws InputError.
Json read_object_if_present(const fs::path& path);

/// Names of the special tokens that a kind of tokenizer has unless its files say otherwise.
struct Defaults {
  const char *bos, *eos, *unk, *sep, *pad, *cls, *mask;
};
/// Resolves the special tokens, adds those that the files name and the vocabulary lacks, and reads the limits.
/// `listed` is tokenizer.json's added_tokens, or null. Throws InputError.
TokenizerSettings read_settings(const Folder& folder, const Json& listed, Vocabulary& vocabulary,
                                const Defaults& names);

/// The ids around texts that tokenizer.json's post-processor adds; `fallback` when it has none. Throws InputError.
TokenFrame read_frame(const Json& processor, const TokenFrame& fallback, const std::string& source);

/// The tokenizer of a tokenizer.json (`file`) with a Unigram model. Throws InputError naming `source`.
std::unique_ptr<Tokenizer> load_unigram(const Folder& folder, const Json& file, const std::string& source);

/// The tokenizer.json that transformers' T5Tokenizer makes of a SentencePiece model: its pieces with `extra_ids`
/// sentinels after them (<extra_id_0> last), as a Unigram model over words between white space. Source: transformers 5,
/// T5Tokenizer.
Json t5_document(const SentencePieceModel& model, int64_t extra_ids);

/// The SentencePiece model in a folder, by its usual names or as the only *.model; empty when there is none.
fs::path find_sentencepiece(const fs::path& folder);
/// The tokenizer of a SentencePiece model. Throws InputError naming the file.
std::unique_ptr<Tokenizer> load_sentencepiece(const Folder& folder, const fs::path& file);

}  // namespace sensorium::tokenizer_files
