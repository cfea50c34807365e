#include "sensorium/data/assign.h"

#include "sensorium/data/record.h"

#include <map>
#include <unordered_map>

namespace sensorium {
namespace {

/// Ranks of splits, strongest first: what is held out stays, what is trained on gives way.
std::pair<int, std::string> rank(const std::string& split) {
  if (split == "test") return {0, ""};
  if (split == "val") return {1, ""};
  if (split == "train") return {2, ""};
  return {3, split};
}

std::string name_of(const Fingerprint& picture) {
  return hex64(picture.content[0]) + hex64(picture.content[1]);
}

}  // namespace

Assignment assign_splits(const std::vector<Fingerprint>& pictures, const std::vector<uint8_t>& own_split,
                         const std::vector<std::string>& split_names, const Similarity& similarity,
                         const SplitFractions& fractions, uint64_t seed) {
  const size_t n = pictures.size();
  Assignment a{std::vector<uint32_t>(n), group_pictures(pictures, similarity), std::vector<std::string>(n),
               std::vector<uint32_t>(n), std::vector<std::string>(n)};
  for (size_t i = 0; i < n; ++i) {
    const uint32_t root = a.root[i];
    ++a.group_size[root];
    if (const std::string name = name_of(pictures[i]); a.group_name[root].empty() || name < a.group_name[root])
      a.group_name[root] = name;
    const std::string& own = split_names[own_split[i]];
    if (!own.empty() && (a.split[root].empty() || rank(own) < rank(a.split[root]))) a.split[root] = own;
  }
  for (size_t i = 0; i < n; ++i)
    if (a.root[i] == i && a.split[i].empty()) a.split[i] = choose_split(a.group_name[i], fractions, seed);
  std::map<std::array<uint64_t, 2>, uint32_t> first;
  for (size_t i = 0; i < n; ++i) {
    const std::string& own = split_names[own_split[i]];
    const bool keeps = own.empty() || own == a.split[a.root[i]];
    a.into[i] =
        keeps ? first.try_emplace(pictures[i].content, static_cast<uint32_t>(i)).first->second : Assignment::kLeftOut;
  }
  return a;
}

}  // namespace sensorium
