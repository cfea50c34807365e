#pragma once
// One picture of a corpus with everything said about it.

#include "sensorium/base/json.h"

#include <cstdint>
#include <string>
#include <vector>

namespace sensorium {

/// A text about a picture.
struct Caption {
  std::string text;      // UTF-8, white space collapsed, never empty
  std::string language;  // BCP 47: "en", "pt-BR", "sr-Latn"
  std::string source;    // what the text is: "description", "title", "tags", "name", "keywords", "caption"
  bool operator==(const Caption&) const = default;
};

/// A recording that belongs to a picture.
struct Audio {
  std::string path;
  std::string kind;        // "speech" or "sound"
  std::string language;    // of speech; otherwise empty
  std::string transcript;  // of speech, where known; otherwise empty
  bool operator==(const Audio&) const = default;
};

/// One picture of a manifest. Paths are absolute, or relative to the manifest's folder.
struct Record {
  std::string id;      // unique in a manifest: "tuxpaint/animals/mammals/cat"
  std::string source;  // name of the corpus
  std::string image;
  int width = 0, height = 0;
  std::string hash;              // content hash of the picture file, or of the pixels of a rendered picture
  uint64_t perceptual_hash = 0;  // 64-bit DCT hash on white; 16 hex digits in JSON
  std::string group;             // id shared by all pictures that nearly equal one another
  std::string split;             // "train", "val", "test" or a corpus's own name; empty until it is assigned
  std::vector<Caption> captions;
  std::vector<Audio> audio;
  std::vector<std::string> tags;
  bool operator==(const Record&) const = default;
};

/// The record as one JSON object; empty fields are left out.
OrderedJson to_json(const Record& record);

/// The reverse. Throws InputError naming `source` for a missing or wrongly typed field.
Record record_from_json(const Json& object, std::string_view source);

/// 16 lower-case hex digits.
std::string hex64(uint64_t value);

}  // namespace sensorium
