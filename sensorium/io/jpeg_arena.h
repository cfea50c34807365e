#pragma once
// Inside the io room: memory for libjpeg's pictures, kept from one picture to the next.

#include <cstddef>
#include <cstdio>
#include <memory>
#include <vector>
// jpeglib.h needs size_t and FILE declared before it.
#include <jpeglib.h>

namespace sensorium::image_detail {

/// Takes over the part of libjpeg's memory manager that serves one picture (JPOOL_IMAGE) but for virtual arrays, which
/// only progressive files need. Memory grows in chunks and is all given out anew for the next picture. It has to live
/// as long as the libjpeg object.
class JpegArena {
 public:
  /// To be called once, after jpeg_create_decompress. The object's client_data becomes the arena's.
  void serve(j_common_ptr info);

 private:
  static JpegArena& of(j_common_ptr info) { return *static_cast<JpegArena*>(info->client_data); }
  static void* alloc_small(j_common_ptr info, int pool, size_t bytes);
  static void* alloc_large(j_common_ptr info, int pool, size_t bytes);
  static JSAMPARRAY alloc_samples(j_common_ptr info, int pool, JDIMENSION row_samples, JDIMENSION rows);
  static JBLOCKARRAY alloc_blocks(j_common_ptr info, int pool, JDIMENSION row_blocks, JDIMENSION rows);
  static void free_pool(j_common_ptr info, int pool);
  void* take(j_common_ptr info, size_t bytes);

  struct Chunk {
    std::unique_ptr<std::byte[]> bytes;
    size_t size;
  };
  std::vector<Chunk> chunks_;
  size_t chunk_ = 0, used_ = 0;  // the chunk that is being given out, and how much of it is
  jpeg_memory_mgr original_{};
};

}  // namespace sensorium::image_detail
