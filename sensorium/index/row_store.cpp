#include "sensorium/index/row_store.h"

#include "sensorium/base/error.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace sensorium::index {
namespace {

constexpr size_t kAlignment = 4096;

}  // namespace

void RowBlock::Free::operator()(std::byte* p) const {
  std::free(p);
}

RowBlock::RowBlock(size_t row_bytes) : info(kBlockRows), gone(new std::atomic<uint64_t>[kBlockRows]()) {
  const size_t bytes = (row_bytes * kBlockRows + kAlignment - 1) / kAlignment * kAlignment;
  rows.reset(static_cast<std::byte*>(std::aligned_alloc(kAlignment, bytes)));
  if (!rows) throw std::bad_alloc();
}

size_t RowView::find(int64_t slot) const {
  size_t low = 0, high = count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (info(middle).slot < slot)
      low = middle + 1;
    else
      high = middle;
  }
  return low < count && info(low).slot == slot ? low : count;
}

RowStore::RowStore(std::shared_ptr<const RowCodec> codec) {
  view_.codec = std::move(codec);
  view_.blocks = std::make_shared<std::vector<std::shared_ptr<RowBlock>>>();
  view_.version = 1;
  pending_ = view_;
}

std::byte* RowStore::next_row(const SlotInfo& info) {
  const size_t at = pending_.count;
  SENSORIUM_ASSERT(at == 0 || pending_.info(at - 1).slot < info.slot);
  if (at % kBlockRows == 0) {
    auto blocks = std::make_shared<std::vector<std::shared_ptr<RowBlock>>>(*pending_.blocks);
    blocks->push_back(std::make_shared<RowBlock>(pending_.codec->row_bytes()));
    pending_.blocks = std::move(blocks);
  }
  RowBlock& block = *pending_.blocks->back();
  block.info[at % kBlockRows] = info;
  ++pending_.count;
  return block.rows.get() + at % kBlockRows * pending_.codec->row_bytes();
}

void RowStore::append(const SlotInfo& info, std::span<const float> vector) {
  std::byte* row = next_row(info);
  pending_.codec->encode(vector, row);
}

void RowStore::append_encoded(const SlotInfo& info, const std::byte* row) {
  std::memcpy(next_row(info), row, pending_.codec->row_bytes());
}

void RowStore::append_gone(const SlotInfo& info, const std::byte* row) {
  append_encoded(info, row);
  const size_t at = pending_.count - 1;
  (*pending_.blocks)[at / kBlockRows]->gone[at % kBlockRows].store(1, std::memory_order_relaxed);
  ++removed_;
}

void RowStore::remove(int64_t slot) {
  const size_t row = pending_.find(slot);
  if (row == pending_.count) return;
  auto& gone = (*pending_.blocks)[row / kBlockRows]->gone[row % kBlockRows];
  if (gone.load(std::memory_order_relaxed) != 0) return;
  gone.store(view_.version + 1, std::memory_order_relaxed);
  ++removed_;
}

RowView RowStore::publish() {
  ++pending_.version;
  view_ = pending_;
  return view_;
}

int64_t RowView::memory_bytes() const {
  const size_t per_row = codec->row_bytes() + sizeof(SlotInfo) + sizeof(std::atomic<uint64_t>);
  return static_cast<int64_t>(count * per_row) + codec->memory_bytes();
}

}  // namespace sensorium::index
