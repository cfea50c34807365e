#pragma once
// The lists of a folder of reference tokenizers; see reference_tokenizers.h. Used there only.

#include "sensorium/base/json.h"
#include "sensorium/models/reference_area.h"
#include "sensorium/text/tokenizer.h"

namespace sensorium::reference_tokenizers {

/// One string of strings.jsonl.
struct Sample {
  std::string kind, text;
};

struct Folder {
  fs::path path;
  std::vector<Sample> samples;
  Json manifest;
  std::string text(int64_t line) const;
};

/// Throws InputError for a missing or broken file.
Folder read_folder(const fs::path& path);
std::vector<Json> read_json_lines(const fs::path& path);
std::vector<std::string> read_lines(const fs::path& path);

/// A text for a message: its JSON, cut.
std::string shown(const std::string& text);

CaseResult check_cleaning(const Folder& folder);
CaseResult check_pretokens(const Folder& folder);
/// Byte-level merges, WordPiece's compactness, the order of merges with a suffix, word counts.
std::vector<CaseResult> check_training(const Folder& folder);

}  // namespace sensorium::reference_tokenizers
