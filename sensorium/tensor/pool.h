#pragma once
// The caching pool that every buffer of the runtime comes from: after a first run of the same shapes, memory is only
// handed round, never asked from the system.

#include <cstddef>
#include <cstdint>
#include <memory>

namespace sensorium::rt {

/// What the pool has done since the process started.
struct PoolStats {
  uint64_t system_allocations = 0;  // times the system was asked for memory (misses)
  uint64_t bytes_in_use = 0;        // of live buffers, rounded up to their size class
  uint64_t bytes_cached = 0;        // of freed buffers kept for reuse
};

/// A buffer of at least `bytes`, aligned to 64, contents undefined, returned to the pool when its last owner goes. Size
/// classes are powers of two in four steps, so at most a quarter is wasted. Throws EnvironmentError when the system has
/// no memory left. Thread-safe.
std::shared_ptr<std::byte> pool_allocate(size_t bytes);

/// Thread-safe, as are the next two.
PoolStats pool_stats();

/// Gives all cached buffers back to the system.
void pool_trim();

/// Freed buffers are cached up to `bytes` in all (default 2 GiB); beyond that they go back to the system at once.
void pool_set_limit(uint64_t bytes);

}  // namespace sensorium::rt
