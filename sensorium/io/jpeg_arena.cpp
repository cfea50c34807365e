#include "sensorium/io/jpeg_arena.h"

#include <algorithm>
#include <cstdint>
#include <new>
// Numbers of messages, of which only "out of memory" is used.
#include <jerror.h>

namespace sensorium::image_detail {
namespace {

constexpr size_t kAlign = 64;  // libjpeg-turbo's vector code reads and writes rows in whole registers
constexpr size_t kChunk = size_t{1} << 18;

size_t rounded(size_t bytes) {
  return (bytes + kAlign - 1) / kAlign * kAlign;
}

}  // namespace

void JpegArena::serve(j_common_ptr info) {
  original_ = *info->mem;
  info->client_data = this;
  info->mem->alloc_small = alloc_small;
  info->mem->alloc_large = alloc_large;
  info->mem->alloc_sarray = alloc_samples;
  info->mem->alloc_barray = alloc_blocks;
  info->mem->free_pool = free_pool;
}

void* JpegArena::take(j_common_ptr info, size_t bytes) {
  if (bytes > static_cast<size_t>(original_.max_alloc_chunk)) ERREXIT1(info, JERR_OUT_OF_MEMORY, 0);
  bytes = rounded(bytes);
  while (chunk_ < chunks_.size() && used_ + bytes > chunks_[chunk_].size) {
    ++chunk_;
    used_ = 0;
  }
  if (chunk_ == chunks_.size()) {
    const size_t size = std::max(bytes, kChunk);
    std::byte* memory = new (std::nothrow) std::byte[size + kAlign];
    if (!memory) ERREXIT1(info, JERR_OUT_OF_MEMORY, 0);
    chunks_.push_back({std::unique_ptr<std::byte[]>(memory), size});
  }
  std::byte* base = chunks_[chunk_].bytes.get();
  const size_t shift = (kAlign - reinterpret_cast<uintptr_t>(base) % kAlign) % kAlign;
  void* given = base + shift + used_;
  used_ += bytes;
  return given;
}

void* JpegArena::alloc_small(j_common_ptr info, int pool, size_t bytes) {
  JpegArena& arena = of(info);
  return pool == JPOOL_IMAGE ? arena.take(info, bytes) : arena.original_.alloc_small(info, pool, bytes);
}

void* JpegArena::alloc_large(j_common_ptr info, int pool, size_t bytes) {
  JpegArena& arena = of(info);
  return pool == JPOOL_IMAGE ? arena.take(info, bytes) : arena.original_.alloc_large(info, pool, bytes);
}

JSAMPARRAY JpegArena::alloc_samples(j_common_ptr info, int pool, JDIMENSION row_samples, JDIMENSION rows) {
  JpegArena& arena = of(info);
  if (pool != JPOOL_IMAGE) return arena.original_.alloc_sarray(info, pool, row_samples, rows);
  const size_t stride = rounded(size_t{row_samples} * sizeof(JSAMPLE));
  auto* pointers = static_cast<JSAMPARRAY>(arena.take(info, rows * sizeof(JSAMPROW)));
  auto* samples = static_cast<JSAMPROW>(arena.take(info, stride * rows));
  for (JDIMENSION i = 0; i < rows; ++i) pointers[i] = samples + stride * i;
  return pointers;
}

JBLOCKARRAY JpegArena::alloc_blocks(j_common_ptr info, int pool, JDIMENSION row_blocks, JDIMENSION rows) {
  JpegArena& arena = of(info);
  if (pool != JPOOL_IMAGE) return arena.original_.alloc_barray(info, pool, row_blocks, rows);
  auto* pointers = static_cast<JBLOCKARRAY>(arena.take(info, rows * sizeof(JBLOCKROW)));
  auto* blocks = static_cast<JBLOCKROW>(arena.take(info, size_t{row_blocks} * rows * sizeof(JBLOCK)));
  for (JDIMENSION i = 0; i < rows; ++i) pointers[i] = blocks + size_t{row_blocks} * i;
  return pointers;
}

void JpegArena::free_pool(j_common_ptr info, int pool) {
  JpegArena& arena = of(info);
  if (pool == JPOOL_IMAGE) arena.chunk_ = arena.used_ = 0;
  arena.original_.free_pool(info, pool);
}

}  // namespace sensorium::image_detail
