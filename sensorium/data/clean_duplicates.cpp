#include "sensorium/data/clean_duplicates.h"

#include <algorithm>
#include <bit>
#include <map>

namespace sensorium {
namespace {

/// For each picture the one of its group that stays: the smallest (rank, index).
std::vector<uint32_t> best_of_groups(const std::vector<uint32_t>& roots, const std::vector<uint8_t>& rank) {
  std::vector<uint32_t> best(roots.size());
  for (uint32_t i = 0; i < roots.size(); ++i) best[i] = i;
  std::vector<uint32_t> of_root = best;
  for (uint32_t i = 0; i < roots.size(); ++i)
    if (rank[i] < rank[of_root[roots[i]]]) of_root[roots[i]] = i;
  for (uint32_t i = 0; i < roots.size(); ++i) best[i] = of_root[roots[i]];
  return best;
}

std::vector<uint32_t> roots_by_content(const std::vector<Fingerprint>& pictures) {
  std::vector<uint32_t> roots;
  std::map<std::array<uint64_t, 2>, uint32_t> first;
  for (uint32_t i = 0; i < pictures.size(); ++i)
    roots.push_back(first.try_emplace(pictures[i].content, i).first->second);
  return roots;
}

void decide_crops(const Cleaned& c, const CleanDataOptions& options, std::vector<PictureFate>& fates) {
  // The larger view stays, unless it stands in a weaker split. What a part was left out for may itself turn out to be a
  // part of a third picture, which then shows both.
  for (const CropPair& pair : find_crops(c.crops, {}, options.threads)) {
    uint32_t part = pair.part, whole = pair.whole;
    if (c.split_rank[part] < c.split_rank[whole]) std::swap(part, whole);
    if (fates[part].kind == PictureFate::keep && fates[whole].kind == PictureFate::keep)
      fates[part] = {PictureFate::cropped, whole, 0, pair.correlation};
  }
}

}  // namespace

std::vector<PictureFate> decide_pictures(const Cleaned& c, const CleanDataOptions& options) {
  std::vector<PictureFate> fates(c.fingerprints.size());
  std::vector<Fingerprint> prints = c.fingerprints;
  for (Fingerprint& print : prints) print.family = 0;  // families belong into one split, but are not duplicates
  if (options.exact_pictures != "keep") {
    const auto best = best_of_groups(roots_by_content(prints), c.split_rank);
    for (uint32_t i = 0; i < best.size(); ++i)
      if (best[i] != i) fates[i] = {PictureFate::exact, best[i], 0, 1};
  }
  if (options.near_pictures == "drop") {
    const auto best = best_of_groups(group_pictures(prints, {options.near_bits, options.near_colour}), c.split_rank);
    for (uint32_t i = 0; i < best.size(); ++i)
      if (best[i] != i && fates[i].kind == PictureFate::keep && prints[i].content != prints[best[i]].content)
        fates[i] = {PictureFate::near, best[i], std::popcount(prints[i].perceptual ^ prints[best[i]].perceptual), 1};
  }
  if (options.cropped_pictures == "drop") decide_crops(c, options, fates);
  return fates;
}

}  // namespace sensorium
