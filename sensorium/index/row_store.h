#pragma once
// Inside the room: the vectors in memory, as rows in blocks that never move.
//
// Note: moments. The writer appends rows, marks rows as gone at a version, and then publishes a RowView with the new
// number of rows and the new version. A reader takes a view and sees exactly the rows that were there at its version:
// rows below its count, that are not gone or went later. Nothing that a view covers is written again, but the mark,
// which is atomic. Readers and the writer share no lock.

#include "sensorium/index/item_store.h"
#include "sensorium/index/row_codec.h"

#include <atomic>

namespace sensorium::index {

constexpr size_t kBlockRows = 4096;

/// kBlockRows encoded rows and what they are.
struct RowBlock {
  explicit RowBlock(size_t row_bytes);
  struct Free {
    void operator()(std::byte* p) const;
  };
  std::unique_ptr<std::byte, Free> rows;
  std::vector<SlotInfo> info;
  std::unique_ptr<std::atomic<uint64_t>[]> gone;  // version at which it went; 0: it is there
};

/// All rows as they were at one version. Cheap to copy; thread-safe.
struct RowView {
  std::shared_ptr<const RowCodec> codec;
  std::shared_ptr<const std::vector<std::shared_ptr<RowBlock>>> blocks;
  size_t count = 0;
  uint64_t version = 0;

  const std::byte* row(size_t i) const {
    return (*blocks)[i / kBlockRows]->rows.get() + i % kBlockRows * codec->row_bytes();
  }
  const SlotInfo& info(size_t i) const { return (*blocks)[i / kBlockRows]->info[i % kBlockRows]; }
  bool is_there(size_t i) const {
    const uint64_t gone = (*blocks)[i / kBlockRows]->gone[i % kBlockRows].load(std::memory_order_relaxed);
    return gone == 0 || gone > version;
  }
  /// The row of a slot, or count where there is none (slots ascend with rows).
  size_t find(int64_t slot) const;
  int64_t memory_bytes() const;
};

/// The writer's side. Not thread-safe; views are.
class RowStore {
 public:
  explicit RowStore(std::shared_ptr<const RowCodec> codec);
  /// Slots must ascend.
  void append(const SlotInfo& info, std::span<const float> vector);
  void append_encoded(const SlotInfo& info, const std::byte* row);
  /// A row that is gone already: its vector may be anything.
  void append_gone(const SlotInfo& info, const std::byte* row);
  /// From the next publish() on; a slot that is not there is passed over.
  void remove(int64_t slot);
  /// What readers may see from now on.
  RowView publish();
  const RowView& view() const { return view_; }
  size_t removed() const { return removed_; }

 private:
  std::byte* next_row(const SlotInfo& info);
  RowView view_;     // as published
  RowView pending_;  // as written
  size_t removed_ = 0;
};

}  // namespace sensorium::index
