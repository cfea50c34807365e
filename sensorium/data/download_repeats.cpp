#include "sensorium/data/download_repeats.h"

#include "sensorium/base/error.h"
#include "sensorium/base/hash.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace sensorium {
namespace {

using Pair = std::array<uint64_t, 2>;  // hash, index

[[noreturn]] void fail(const char* what) {
  throw EnvironmentError("data download", "expected to {} a temporary file, got: {}", what, std::strerror(errno));
}

}  // namespace

AddressRepeats::AddressRepeats() {
  for (auto& part : parts_) {
    part.reset(std::tmpfile());
    if (!part) fail("open");
  }
}

void AddressRepeats::add(std::string_view address, uint64_t index) {
  const Pair pair{stable_hash(address), index};
  if (std::fwrite(&pair, sizeof pair, 1, parts_[pair[0] % parts_.size()].get()) != 1) fail("write");
}

void AddressRepeats::for_each(const std::function<void(uint64_t, uint64_t)>& same) {
  std::vector<Pair> pairs;
  for (const auto& part : parts_) {
    if (::fseeko(part.get(), 0, SEEK_END) != 0) fail("seek in");
    pairs.resize(static_cast<size_t>(::ftello(part.get())) / sizeof(Pair));
    std::rewind(part.get());
    if (std::fread(pairs.data(), sizeof(Pair), pairs.size(), part.get()) != pairs.size()) fail("read");
    std::sort(pairs.begin(), pairs.end());
    for (size_t i = 1; i < pairs.size(); ++i)
      if (pairs[i][0] == pairs[i - 1][0]) same(pairs[i - 1][1], pairs[i][1]);
  }
}

}  // namespace sensorium
