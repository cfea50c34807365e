#pragma once
// What was left out as a duplicate of what, as JSON lines.

#include "sensorium/base/file.h"
#include "sensorium/data/json_text.h"

#include <fmt/format.h>

namespace sensorium {

/// Writes {"kind", "id", "of", and one measure} a line; the file appears with `commit`. Not thread-safe.
class DuplicateLog {
 public:
  static constexpr const char* kFile = "duplicates.jsonl";
  explicit DuplicateLog(const fs::path& folder) : file_(folder / kFile) {}
  /// `measure` is more JSON ("\"bits\":3"), or empty.
  void add(std::string_view kind, std::string_view id, std::string_view of, std::string_view measure = "") {
    buffer_ += "{\"kind\":";
    append_json_text(buffer_, kind);
    buffer_ += ",\"id\":";
    append_json_text(buffer_, id);
    buffer_ += ",\"of\":";
    append_json_text(buffer_, of);
    if (!measure.empty()) buffer_ += ',';
    buffer_ += measure;
    buffer_ += "}\n";
    if (buffer_.size() > (size_t{1} << 20)) flush();
  }
  void commit() {
    flush();
    file_.commit();
  }

 private:
  void flush() {
    file_.write(buffer_);
    buffer_.clear();
  }
  AtomicFile file_;
  std::string buffer_;
};

}  // namespace sensorium
