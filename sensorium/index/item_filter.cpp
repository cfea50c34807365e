#include "sensorium/index/item_filter.h"

#include <algorithm>

namespace sensorium::index {
namespace {

constexpr size_t kKept = 32;

}  // namespace

std::shared_ptr<const KeySet> ItemFilters::items(const MetadataFilter& filter) {
  if (filter.takes_all()) return nullptr;
  Kept kept{filter.text(), std::make_shared<KeySet>(), 0};
  {
    const std::lock_guard lock(mutex_);
    const auto at = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& k) { return k.text == filter.text(); });
    if (at != kept_.end()) kept = *at;
  }
  auto reader = readers_.take();
  if (reader->last_key() > kept.last_key) {
    auto items = std::make_shared<KeySet>(*kept.items);
    reader->each_item(kept.last_key, [&](const StoredItem& item) {
      if (filter.matches(parse_json(item.metadata, item.id))) items->add(item.key);
      kept.last_key = item.key;
    });
    kept.items = std::move(items);
  }
  const std::lock_guard lock(mutex_);
  kept_.remove_if([&](const Kept& k) { return k.text == filter.text(); });
  kept_.push_front(kept);
  if (kept_.size() > kKept) kept_.pop_back();
  return kept.items;
}

}  // namespace sensorium::index
