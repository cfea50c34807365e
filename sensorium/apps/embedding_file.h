#pragma once
// Embeddings on disk, written row by row: a NumPy array with its ids beside it, or JSON lines.

#include "sensorium/io/npy.h"

#include <memory>
#include <span>
#include <string>

namespace sensorium {

/// What a row is an embedding of.
struct EmbeddedItem {
  std::string id;    // path of the picture or id of its record, or the text itself
  std::string kind;  // "image" or "text"
};

/// X.npy (float32, [N, width]) with X.ids.txt, one id a line (line breaks and backslashes in ids escaped as \n, \r,
/// \\); or X.jsonl, {"id": ..., "type": ..., "embedding": [...]} a line. Nothing appears before `commit`; then each
/// file appears whole. Not thread-safe.
class EmbeddingWriter {
 public:
  /// By the extension. Throws UsageError for others, EnvironmentError when the folder cannot be written.
  EmbeddingWriter(const fs::path& path, int64_t width);
  void add(const EmbeddedItem& item, std::span<const float> row);
  int64_t count() const { return count_; }
  void commit();

 private:
  void flush();
  int64_t width_, count_ = 0;
  std::unique_ptr<NpyWriter> array_;   // of .npy
  std::unique_ptr<AtomicFile> lines_;  // ids, or JSON lines
  std::string buffer_;
};

}  // namespace sensorium
