#pragma once
// A prepared data set on disk: records.jsonl (one Record a line) and manifest.json (what is in it).

#include "sensorium/data/record.h"

#include <functional>
#include <memory>
#include <vector>

namespace sensorium {

inline constexpr int kManifestVersion = 1;
inline constexpr const char* kManifestFile = "manifest.json";
inline constexpr const char* kRecordsFile = "records.jsonl";

/// Writes records one after another; nothing appears in the folder until `commit`, which replaces an earlier manifest.
class ManifestWriter {
 public:
  /// The folder must exist. Throws EnvironmentError when it cannot be written.
  explicit ManifestWriter(const fs::path& folder);
  void add(const Record& record);
  /// A record as append_json wrote it.
  void add_json(std::string_view json);
  /// `header` is written with "format", "version" and "fingerprint" (a hash of all records) before its own keys.
  void commit(const OrderedJson& header);

 private:
  fs::path folder_;
  std::unique_ptr<AtomicFile> records_;
  std::string buffer_;
  uint64_t fingerprint_ = 0;
};

/// The header of a prepared folder. Throws InputError when it is missing, broken, or of another version.
Json read_manifest_header(const fs::path& folder);

/// Which records and captions of a manifest are wanted.
struct RecordFilter {
  std::vector<std::string> splits;     // empty: all
  std::vector<std::string> languages;  // of captions; "en" also takes "en-GB"; empty: all
  std::vector<std::string> sources;    // corpora; empty: all
  bool need_caption = true;            // leave out records that have no wanted caption
};

/// The wanted records of a manifest, in order, with unwanted captions removed; memory is one record. Not thread-safe.
class ManifestReader {
 public:
  /// Throws InputError for a folder that is none, or is broken.
  ManifestReader(const fs::path& folder, const RecordFilter& filter);
  ~ManifestReader();
  /// False at the end. Throws InputError naming file and line for a broken record, and for too few or too many.
  bool next(Record& record);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// Calls `record` for each record that a ManifestReader gives. Throws what that throws.
void for_each_record(const fs::path& folder, const RecordFilter& filter, const std::function<void(Record&&)>& record);

/// All wanted records. Memory grows with them.
std::vector<Record> load_records(const fs::path& folder, const RecordFilter& filter);

/// Where the picture of a record lies: relative paths are taken from the manifest's folder.
fs::path picture_path(const fs::path& folder, const Record& record);

}  // namespace sensorium
