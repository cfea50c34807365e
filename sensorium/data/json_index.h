#pragma once
// Elements of JSON lists by the picture they belong to: 32 bytes an element, whatever its size.

#include "sensorium/data/json_list.h"

#include <vector>

namespace sensorium {

/// Places of elements by an integer that each has, elements of one id in the file's order.
class JsonIndex {
 public:
  struct Entry {
    int64_t id;
    JsonPlace place;
    uint32_t file;
  };
  void add(int64_t id, const JsonElement& element, uint32_t file = 0) {
    entries_.push_back({id, {element.offset, static_cast<uint32_t>(element.text.size())}, file});
  }
  /// Sorts; to be called once, after the last `add`.
  void finish();
  std::span<const Entry> find(int64_t id) const;
  std::span<const Entry> entries() const { return entries_; }
  size_t size() const { return entries_.size(); }

 private:
  std::vector<Entry> entries_;
};

}  // namespace sensorium
