#pragma once
// What a manifest holds, counted while it is written.

#include "sensorium/data/record.h"

#include <map>

namespace sensorium {

/// Counts of records, captions and recordings by corpus, split and language.
class DataStatistics {
 public:
  void add(const Record& record);
  /// {"records", "captions", "audio": {kind: n}, "splits": {...}, "languages": {...}, "sources": {name: {...}}}.
  OrderedJson to_json() const;

 private:
  struct Counts {
    uint64_t records = 0, captions = 0;
    std::map<std::string, uint64_t> audio, splits;
    void add(const Record& record);
    OrderedJson to_json() const;
  };
  Counts all_;
  std::map<std::string, Counts> sources_;
  std::map<std::string, uint64_t> languages_;
};

}  // namespace sensorium
