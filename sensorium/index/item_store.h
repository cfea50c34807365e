#pragma once
// Inside the room: the items on disk, in SQLite. Everything else in an index is made from this and can be made again.
//
// Note: keys. An item as it was put has a key, each of its vectors a slot; both grow and are never used twice, and what
// they name never changes: replacing an item removes its key and slots and adds new ones. So what was learnt of a key
// (that a filter takes it) or a slot (its place in a graph) stays true, and a file derived from the database is brought
// up to date by comparing slots. Items and vectors carry a checksum (XXH3 of their content and key), which every read
// checks.

#include "sensorium/index/database.h"
#include "sensorium/index/vector_index.h"

#include <functional>
#include <mutex>

namespace sensorium::index {

/// A vector's place in the database.
struct SlotInfo {
  int64_t slot = 0;
  int64_t item = 0;  // key
  int32_t kind = 0;
};

struct StoredItem {
  int64_t key = 0;
  std::string id;
  std::string metadata;  // JSON text
};

/// What a write did, to be done in memory too.
struct Change {
  std::vector<int64_t> removed;  // slots, ascending
  std::vector<SlotInfo> added;   // ascending
  size_t items = 0;              // removed ones, of remove()
};

/// Names of kinds by number. Numbers never change.
using KindNames = std::vector<std::string>;

/// A connection that reads. Not thread-safe; see ReaderPool.
class ItemReader {
 public:
  ItemReader(const fs::path& path, int64_t width);
  /// Nothing where the key is gone.
  std::optional<StoredItem> item(int64_t key);
  std::optional<StoredItem> item_of(const std::string& id);
  std::vector<StoredItem> items_after(const std::string& id, size_t limit);
  std::vector<SlotInfo> slots_of(int64_t key);
  /// Copies the vector of a slot; false where it is gone.
  bool vector(int64_t slot, float* out);
  /// All slots in order.
  void each_slot(const std::function<void(const SlotInfo&)>& visit);
  /// Vectors of the slots above `after`, in order.
  void each_vector(int64_t after, const std::function<void(const SlotInfo&, std::span<const float>)>& visit);
  /// Items with keys above `after`, in order.
  void each_item(int64_t after, const std::function<void(const StoredItem&)>& visit);
  std::pair<int64_t, int64_t> counts();  // items, vectors
  int64_t last_key();
  /// Everything read until the end of `read` is of one moment.
  void snapshot(const std::function<void()>& read);

 private:
  StoredItem take_item(const Statement& s) const;
  void copy_vector(std::span<const std::byte> bytes, int64_t slot, int64_t checksum, float* out) const;
  fs::path path_;
  int64_t width_;
  Database database_;
  Statement item_, item_of_, items_after_, slots_of_, vector_, counts_, last_key_;
};

/// The one connection that writes. Not thread-safe.
class ItemWriter {
 public:
  /// Makes the tables. Throws InputError where there are some.
  static void create(const fs::path& path, const IndexOptions& options);
  explicit ItemWriter(const fs::path& path);
  const IndexOptions& options() const { return options_; }
  /// What tells this index from others, and derived files made for it.
  const std::string& identity() const { return identity_; }
  const KindNames& kinds() const { return kinds_; }
  const std::vector<ScoreCalibration>& calibrations() const { return calibrations_; }
  /// Items with vectors of length 1 and of the right width.
  Change put(std::span<const IndexItem> items);
  Change remove(std::span<const std::string> ids);
  void calibrate(std::span<const ScoreCalibration> calibrations);
  /// Gives unused pages back to the system.
  void vacuum();

 private:
  int32_t kind_number(const std::string& name);
  void read_calibrations();
  fs::path path_;
  Database database_;
  IndexOptions options_;
  std::string identity_;
  KindNames kinds_;
  std::vector<ScoreCalibration> calibrations_;
};

/// Readers, one for each thread that needs one at the moment. Thread-safe.
class ReaderPool {
 public:
  ReaderPool(fs::path path, int64_t width) : path_(std::move(path)), width_(width) {}
  class Lease {
   public:
    Lease(ReaderPool& pool, std::unique_ptr<ItemReader> reader) : pool_(pool), reader_(std::move(reader)) {}
    ~Lease() { pool_.give_back(std::move(reader_)); }
    ItemReader* operator->() { return reader_.get(); }
    ItemReader& operator*() { return *reader_; }

   private:
    ReaderPool& pool_;
    std::unique_ptr<ItemReader> reader_;
  };
  Lease take();

 private:
  void give_back(std::unique_ptr<ItemReader> reader);
  fs::path path_;
  int64_t width_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<ItemReader>> free_;
};

}  // namespace sensorium::index
