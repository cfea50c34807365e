#pragma once
// Records parked on disk between the pass that reads them and the pass that knows their split.

#include "sensorium/data/record.h"

#include <cstdio>
#include <memory>
#include <string_view>
#include <vector>

namespace sensorium {

/// A temporary file of records, read back in any order; it has no name and vanishes with the process. Memory: 8 bytes a
/// record. Throws EnvironmentError on a full disk. Not thread-safe.
class RecordSpill {
 public:
  RecordSpill();
  void add(const Record& record);
  /// A record as append_json wrote it.
  void add_json(std::string_view json);
  size_t size() const { return offsets_.size() - 1; }
  Record read(size_t index);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
  std::vector<uint64_t> offsets_{0};
  uint64_t position_ = 0;  // of the file, to save seeks
};

}  // namespace sensorium
