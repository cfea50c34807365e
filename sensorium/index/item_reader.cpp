#include "sensorium/base/error.h"
#include "sensorium/index/item_checksum.h"
#include "sensorium/index/item_store.h"

#include <cstring>

namespace sensorium::index {

ItemReader::ItemReader(const fs::path& path, int64_t width)
    : path_(path), width_(width), database_(path, Database::Access::read) {
  const std::string columns = "SELECT key, id, metadata, checksum FROM items ";
  item_ = database_.prepare(columns + "WHERE key = ?");
  item_of_ = database_.prepare(columns + "WHERE id = ?");
  items_after_ = database_.prepare(columns + "WHERE id > ? ORDER BY id LIMIT ?");
  slots_of_ = database_.prepare("SELECT slot, item, kind FROM slots WHERE item = ? ORDER BY slot");
  vector_ = database_.prepare("SELECT data, checksum FROM vectors WHERE slot = ?");
  counts_ = database_.prepare("SELECT (SELECT count(*) FROM items), (SELECT count(*) FROM slots)");
  last_key_ = database_.prepare("SELECT coalesce(max(key), 0) FROM items");
}

StoredItem ItemReader::take_item(const Statement& s) const {
  StoredItem item{s.integer(0), std::string(s.text(1)), std::string(s.text(2))};
  if (s.integer(3) != item_checksum(item.id, item.metadata))
    throw InputError("index", "{}: expected the item \"{}\" to be as it was written, got a wrong checksum",
                     path_.string(), item.id);
  return item;
}

void ItemReader::copy_vector(std::span<const std::byte> bytes, int64_t slot, int64_t checksum, float* out) const {
  if (bytes.size() != static_cast<size_t>(width_) * sizeof(float) || vector_checksum(bytes, slot) != checksum)
    throw InputError("index", "{}: expected the vector {} to be as it was written, got a wrong checksum",
                     path_.string(), slot);
  std::memcpy(out, bytes.data(), bytes.size());
}

std::optional<StoredItem> ItemReader::item(int64_t key) {
  Resetting s(item_);
  s->bind(1, key);
  if (!s->step()) return std::nullopt;
  return take_item(item_);
}

std::optional<StoredItem> ItemReader::item_of(const std::string& id) {
  Resetting s(item_of_);
  s->bind(1, id);
  if (!s->step()) return std::nullopt;
  return take_item(item_of_);
}

std::vector<StoredItem> ItemReader::items_after(const std::string& id, size_t limit) {
  Resetting s(items_after_);
  s->bind(1, id).bind(2, static_cast<int64_t>(limit));
  std::vector<StoredItem> items;
  while (s->step()) items.push_back(take_item(items_after_));
  return items;
}

std::vector<SlotInfo> ItemReader::slots_of(int64_t key) {
  Resetting s(slots_of_);
  s->bind(1, key);
  std::vector<SlotInfo> slots;
  while (s->step()) slots.push_back({s->integer(0), s->integer(1), static_cast<int32_t>(s->integer(2))});
  return slots;
}

bool ItemReader::vector(int64_t slot, float* out) {
  Resetting s(vector_);
  s->bind(1, slot);
  if (!s->step()) return false;
  copy_vector(s->bytes(0), slot, s->integer(1), out);
  return true;
}

void ItemReader::each_slot(const std::function<void(const SlotInfo&)>& visit) {
  Statement s = database_.prepare("SELECT slot, item, kind FROM slots ORDER BY slot");
  while (s.step()) visit({s.integer(0), s.integer(1), static_cast<int32_t>(s.integer(2))});
}

void ItemReader::each_vector(int64_t after, const std::function<void(const SlotInfo&, std::span<const float>)>& visit) {
  Statement s = database_.prepare(
      "SELECT slots.slot, item, kind, data, checksum FROM slots JOIN vectors ON vectors.slot = slots.slot "
      "WHERE slots.slot > ? ORDER BY slots.slot");
  s.bind(1, after);
  std::vector<float> row(static_cast<size_t>(width_));
  while (s.step()) {
    const SlotInfo info{s.integer(0), s.integer(1), static_cast<int32_t>(s.integer(2))};
    copy_vector(s.bytes(3), info.slot, s.integer(4), row.data());
    visit(info, row);
  }
}

void ItemReader::each_item(int64_t after, const std::function<void(const StoredItem&)>& visit) {
  Statement s = database_.prepare("SELECT key, id, metadata, checksum FROM items WHERE key > ? ORDER BY key");
  s.bind(1, after);
  while (s.step()) visit(take_item(s));
}

std::pair<int64_t, int64_t> ItemReader::counts() {
  Resetting s(counts_);
  s->step();
  return {s->integer(0), s->integer(1)};
}

int64_t ItemReader::last_key() {
  Resetting s(last_key_);
  s->step();
  return s->integer(0);
}

void ItemReader::snapshot(const std::function<void()>& read) {
  database_.run("BEGIN");
  try {
    read();
  } catch (...) {
    database_.run("ROLLBACK");
    throw;
  }
  database_.run("COMMIT");
}

ReaderPool::Lease ReaderPool::take() {
  std::unique_ptr<ItemReader> reader;
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      reader = std::move(free_.back());
      free_.pop_back();
    }
  }
  if (!reader) reader = std::make_unique<ItemReader>(path_, width_);
  return {*this, std::move(reader)};
}

void ReaderPool::give_back(std::unique_ptr<ItemReader> reader) {
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(reader));
}

}  // namespace sensorium::index
