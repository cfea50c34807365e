#pragma once
// One picture of a corpus with everything said about it.

#include "sensorium/base/json.h"

#include <array>
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

/// A rectangle in pixels from the top left corner.
struct Box {
  float x = 0, y = 0, width = 0, height = 0;
  bool operator==(const Box&) const = default;
};

/// A phrase about a part of a picture.
struct Region {
  std::string text;
  Box box;
  bool operator==(const Region&) const = default;
};

/// A thing on a picture.
struct PictureObject {
  int64_t id = 0;  // by which relations of the same record name it; 0: none
  std::string name;
  Box box;
  std::vector<std::string> attributes;
  bool operator==(const PictureObject&) const = default;
};

/// "subject predicate object", by the ids of objects of the same record.
struct Relation {
  int64_t subject = 0, object = 0;
  std::string predicate;
  bool operator==(const Relation&) const = default;
};

/// A question about a picture with the answers people gave, the most common first where the corpus says so.
struct Question {
  std::string text;
  std::vector<std::string> answers;
  std::string type;  // "yes/no", "number", "other"; may be empty
  bool operator==(const Question&) const = default;
};

/// One picture of a manifest. Paths are absolute, or relative to the manifest's folder.
struct Record {
  std::string id;      // unique in a manifest: "tuxpaint/animals/mammals/cat"
  std::string source;  // name of the corpus
  std::string image;   // a file, or a part of a tar shard (picture_file.h); empty: not fetched from `url` yet
  std::string url;     // where the picture comes from; may be empty
  int width = 0, height = 0;
  std::string hash;              // content hash of the picture file, or of the pixels of a rendered picture
  uint64_t perceptual_hash = 0;  // 64-bit DCT hash on white; 16 hex digits in JSON
  std::string colours;           // mean colours of 4x4 cells in 96 hex digits, to compare with; may be empty
  std::string group;             // id shared by all pictures that nearly equal one another
  std::string split;             // "train", "val", "test" or a corpus's own name; empty until it is assigned
  std::vector<Caption> captions;
  std::vector<Audio> audio;
  std::vector<std::string> tags;
  std::string label;  // the class of a classification corpus; may be empty
  std::vector<Region> regions;
  std::vector<PictureObject> objects;
  std::vector<Relation> relations;
  std::vector<Question> questions;
  bool operator==(const Record&) const = default;
};

/// Appends the record as one JSON object, with empty fields left out, without a line break. Texts must be UTF-8; bytes
/// that are not become U+FFFD.
void append_json(std::string& out, const Record& record);

/// The reverse. Throws InputError naming `source` for a missing or wrongly typed field.
Record record_from_json(const Json& object, std::string_view source);

/// The 128 bits of a content hash in 32 hex digits; zeros for anything else.
std::array<uint64_t, 2> hash_words(std::string_view hex);

/// 16 lower-case hex digits.
std::string hex64(uint64_t value);

}  // namespace sensorium
