#pragma once
// Items with the same address, found in little memory.

#include <array>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string_view>

namespace sensorium {

/// Collects addresses in temporary files by their hash, then tells of every one that stood before. Not thread-safe;
/// memory is a 64th of 16 bytes an address.
class AddressRepeats {
 public:
  AddressRepeats();
  /// Throws EnvironmentError on a full disk.
  void add(std::string_view address, uint64_t index);
  /// Calls `same(a, b)` for neighbours a < b of each group of equal hash, a group in increasing order.
  void for_each(const std::function<void(uint64_t, uint64_t)>& same);

 private:
  struct Close {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };
  std::array<std::unique_ptr<std::FILE, Close>, 64> parts_;
};

}  // namespace sensorium
