#pragma once
// The official archives of the public corpora, by name.

#include <string>
#include <vector>

namespace sensorium {

/// One file of a corpus.
struct OfficialFile {
  std::string corpus;    // "coco"
  std::string name;      // "val2017"
  std::string base;      // "http://images.cocodataset.org"
  std::string path;      // "zips/val2017.zip"
  std::string checksum;  // "md5:...", or empty where none is known
};

/// All of them, a corpus after another.
const std::vector<OfficialFile>& official_files();

/// What a word names: "coco:val2017" is one file, "coco" all of a corpus. Empty for other words; throws UsageError,
/// with the names there are, for a corpus without such a file.
std::vector<OfficialFile> find_official_files(const std::string& word);

}  // namespace sensorium
