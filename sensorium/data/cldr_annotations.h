#pragma once
// Names and keywords of characters, as CLDR's annotation files give them.

#include "sensorium/base/file.h"

#include <string>
#include <unordered_map>
#include <vector>

namespace sensorium {

/// What one file says of one character or sequence. Either text may be empty.
struct CharacterAnnotation {
  std::string name, keywords;  // "grinning face"; "face, grin"
};

/// One annotation file: what it names, in its own order.
struct CldrAnnotations {
  std::vector<std::string> order;
  std::unordered_map<std::string, CharacterAnnotation> annotations;
};

/// Reads annotations/LOCALE.xml or annotationsDerived/LOCALE.xml. Entries that only point to the parent locale are left
/// out. Throws InputError naming the file when it cannot be read, has more than 64 MiB, or is no XML.
/// Source of the format: Unicode Technical Standard 35, part 2, "Annotations".
CldrAnnotations read_cldr_annotations(const fs::path& file);

}  // namespace sensorium
