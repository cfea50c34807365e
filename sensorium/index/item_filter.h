#pragma once
// Inside the room: which items a metadata filter takes, kept between queries.

#include "sensorium/index/candidates.h"
#include "sensorium/index/metadata_filter.h"

#include <list>

namespace sensorium::index {

/// The keys that a filter takes never change (see item_store.h), so a kept set is only carried on from the last key it
/// has seen. Holds the sets of the filters used last. Thread-safe.
class ItemFilters {
 public:
  explicit ItemFilters(ReaderPool& readers) : readers_(readers) {}
  /// Null where the filter takes everything.
  std::shared_ptr<const KeySet> items(const MetadataFilter& filter);

 private:
  struct Kept {
    std::string text;
    std::shared_ptr<const KeySet> items;
    int64_t last_key = 0;
  };
  ReaderPool& readers_;
  std::mutex mutex_;
  std::list<Kept> kept_;  // used last first
};

}  // namespace sensorium::index
