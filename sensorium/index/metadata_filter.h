#pragma once
// Which items a query wants, by their metadata.

#include "sensorium/base/json.h"

#include <string>
#include <vector>

namespace sensorium::index {

/// A condition on a metadata object, written as JSON:
///   {"lang": "en"}                      equal (numbers by value; an array that contains the value matches too)
///   {"year": {"$gte": 2000, "$lt": 2010}}   $eq $ne $gt $gte $lt $lte (numbers, or texts by bytes), $in $nin [..],
///   $exists
///   {"exif.camera": "X"}                a key in a nested object
///   {"$and": [..], "$or": [..], "$not": {..}}   of conditions
/// Several keys: all of them. A missing value equals nothing, so $ne and $nin hold for it. At most 64 KiB, and 16
/// conditions within each other. Thread-safe.
class MetadataFilter {
 public:
  /// Null takes everything. Throws InputError for what is no such condition.
  explicit MetadataFilter(const Json& condition);
  bool takes_all() const { return terms_.empty(); }
  bool matches(const Json& metadata) const;
  /// The same condition has the same text.
  const std::string& text() const { return text_; }

  struct Term {
    std::vector<std::string> path;  // of a comparison
    std::string operation;          // "$eq", ..., "$and", "$or", "$not"
    Json value;
    std::vector<MetadataFilter> parts;  // of "$and", "$or", "$not"
  };
  /// All of them must hold.
  const std::vector<Term>& terms() const { return terms_; }

 private:
  MetadataFilter(const Json& condition, int depth);
  static bool holds(const Term& term, const Json& metadata);
  void add(const std::string& key, const Json& value, int depth);
  void add_comparison(const std::string& key, const std::string& operation, const Json& value);
  std::vector<Term> terms_;
  std::string text_;
};

}  // namespace sensorium::index
