#include "sensorium/tensor/pool.h"

#include "sensorium/base/error.h"

#include <sys/mman.h>

#include <array>
#include <bit>
#include <cstdlib>
#include <mutex>

namespace sensorium::rt {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kClasses = 4 * 48;

/// Class c holds buffers of (4 + c % 4) * 2^(c / 4) * 16 bytes: 64, 80->128, ... rounded up to the alignment.
size_t class_bytes(size_t c) {
  const size_t bytes = (4 + c % 4) << (c / 4 + 4);
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

size_t class_of(size_t bytes) {
  const size_t units = bytes <= 64 ? 4 : (bytes + 15) / 16;
  size_t shift = static_cast<size_t>(std::bit_width(units)) - 3;
  size_t quarter = (units + (size_t{1} << shift) - 1) >> shift;  // 4..8
  if (quarter == 8) {
    quarter = 4;
    ++shift;
  }
  return shift * 4 + quarter - 4;
}

constexpr size_t kHugePage = 2 << 20;

/// Null where there is no memory. Large buffers lie on huge pages, where the system gives some on request: walking over
/// weights then misses fewer translations of addresses.
void* ask_system(size_t bytes) {
  void* p = nullptr;
  if (posix_memalign(&p, bytes < kHugePage ? kAlignment : kHugePage, bytes) != 0) return nullptr;
  if (bytes >= kHugePage) madvise(p, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
  return p;
}

/// A freed buffer's first bytes link it to the next of its class.
struct Free {
  Free* next;
};

class Pool {
 public:
  void* allocate(size_t bytes) {
    const size_t c = class_of(bytes);
    if (c >= kClasses) throw EnvironmentError("memory", "expected a buffer below 2^50 bytes, got {}", bytes);
    const size_t rounded = class_bytes(c);
    {
      std::lock_guard lock(mutex_);
      stats_.bytes_in_use += rounded;
      if (Free* f = free_[c]) {
        free_[c] = f->next;
        stats_.bytes_cached -= rounded;
        return f;
      }
      ++stats_.system_allocations;
    }
    void* p = ask_system(rounded);
    if (p == nullptr) {
      trim();
      p = ask_system(rounded);
    }
    if (p != nullptr) return p;
    std::lock_guard lock(mutex_);
    stats_.bytes_in_use -= rounded;
    throw EnvironmentError("memory", "expected {} bytes of free memory, got none", rounded);
  }

  void free(void* p, size_t bytes) {
    const size_t c = class_of(bytes), rounded = class_bytes(c);
    {
      std::lock_guard lock(mutex_);
      stats_.bytes_in_use -= rounded;
      if (stats_.bytes_cached + rounded <= limit_) {
        free_[c] = new (p) Free{free_[c]};
        stats_.bytes_cached += rounded;
        return;
      }
    }
    std::free(p);
  }

  void trim() {
    std::array<Free*, kClasses> lists{};
    {
      std::lock_guard lock(mutex_);
      lists.swap(free_);
      stats_.bytes_cached = 0;
    }
    for (Free* f : lists) {
      while (f != nullptr) {
        Free* next = f->next;
        std::free(f);
        f = next;
      }
    }
  }

  PoolStats stats() {
    std::lock_guard lock(mutex_);
    return stats_;
  }

  void set_limit(uint64_t bytes) {
    std::lock_guard lock(mutex_);
    limit_ = bytes;
  }

 private:
  std::mutex mutex_;
  std::array<Free*, kClasses> free_{};
  PoolStats stats_;
  uint64_t limit_ = uint64_t{2} << 30;
};

/// Never destroyed: buffers in other static objects may outlive any order of destruction.
Pool& pool() {
  static Pool& p = *new Pool;
  return p;
}

/// Puts a shared_ptr's own counters in the pool too.
template <class T>
struct PoolAllocator {
  using value_type = T;
  PoolAllocator() = default;
  template <class U>
  explicit PoolAllocator(const PoolAllocator<U>&) {}
  T* allocate(size_t n) { return static_cast<T*>(pool().allocate(n * sizeof(T))); }
  void deallocate(T* p, size_t n) { pool().free(p, n * sizeof(T)); }
  template <class U>
  bool operator==(const PoolAllocator<U>&) const {
    return true;
  }
};

struct Return {
  size_t bytes;
  void operator()(std::byte* p) const { pool().free(p, bytes); }
};

}  // namespace

std::shared_ptr<std::byte> pool_allocate(size_t bytes) {
  auto* p = static_cast<std::byte*>(pool().allocate(bytes));
  return {p, Return{bytes}, PoolAllocator<std::byte>()};
}

PoolStats pool_stats() {
  return pool().stats();
}
void pool_trim() {
  pool().trim();
}
void pool_set_limit(uint64_t bytes) {
  pool().set_limit(bytes);
}

}  // namespace sensorium::rt
