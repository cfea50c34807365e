#pragma once
// Counts of what was left out, by reason, with a few examples of each.

#include "sensorium/base/json.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sensorium {

/// Nothing that a corpus contains disappears silently: what is not taken is counted here. Not thread-safe.
class Tally {
 public:
  static constexpr size_t kExamples = 5;
  struct Entry {
    uint64_t count = 0;
    std::vector<std::string> examples;  // the first kExamples, in the order they were met
  };
  void add(const std::string& reason, std::string example) {
    Entry& entry = entries_[reason];
    ++entry.count;
    if (entry.examples.size() < kExamples) entry.examples.push_back(std::move(example));
  }
  /// Adds all that another has counted, as if met after what is here.
  void merge(const Tally& later) {
    for (const auto& [reason, more] : later.entries_) {
      Entry& entry = entries_[reason];
      entry.count += more.count;
      for (const std::string& example : more.examples)
        if (entry.examples.size() < kExamples) entry.examples.push_back(example);
    }
  }
  const std::map<std::string, Entry>& entries() const { return entries_; }
  uint64_t count(const std::string& reason) const {
    const auto it = entries_.find(reason);
    return it == entries_.end() ? 0 : it->second.count;
  }
  /// All of them together.
  uint64_t total() const {
    uint64_t sum = 0;
    for (const auto& [reason, entry] : entries_) sum += entry.count;
    return sum;
  }
  /// ": 3 x no caption, 1 x broken picture", or nothing: for the end of a message.
  std::string summary() const {
    std::string text;
    for (const auto& [reason, entry] : entries_)
      text += fmt::format("{}{} x {}", text.empty() ? ": " : ", ", entry.count, reason);
    return text;
  }
  /// [{"reason": ..., "count": ..., "examples": [...]}, ...], by reason.
  OrderedJson to_json() const {
    OrderedJson list = OrderedJson::array();
    for (const auto& [reason, entry] : entries_)
      list.push_back(OrderedJson{{"reason", reason}, {"count", entry.count}, {"examples", entry.examples}});
    return list;
  }

 private:
  std::map<std::string, Entry> entries_;
};

}  // namespace sensorium
