#include "sensorium/train/pair_data.h"

#include "sensorium/data/samplers.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace sensorium {
namespace {

// What a random number is for; one stream each.
enum Purpose : uint64_t { kOrder, kCaptions };

std::string splits_of(const fs::path& manifest) {
  std::set<std::string> names;
  for_each_record(manifest, {}, [&](Record&& r) { names.insert(r.split); });
  std::string list;
  for (const auto& n : names) list += (list.empty() ? "" : ", ") + n;
  return list;
}

}  // namespace

int64_t PairData::owner(int64_t caption) const {
  return std::upper_bound(first_caption.begin(), first_caption.end(), caption) - first_caption.begin() - 1;
}

const std::string& PairData::text(int64_t caption) const {
  const auto record = static_cast<size_t>(owner(caption));
  return records[record].captions[static_cast<size_t>(caption - first_caption[record])].text;
}

std::vector<std::string> PairData::texts(std::span<const int64_t> captions) const {
  std::vector<std::string> texts;
  texts.reserve(captions.size());
  for (const int64_t c : captions) texts.push_back(text(c));
  return texts;
}

PairData load_pairs(const fs::path& manifest, const std::string& split, const std::vector<std::string>& languages) {
  RecordFilter filter;
  filter.splits = {split};
  filter.languages = languages;
  PairData data{manifest, load_records(manifest, filter), {0}};
  for (const Record& record : data.records)
    data.first_caption.push_back(data.first_caption.back() + static_cast<int64_t>(record.captions.size()));
  if (data.picture_count() < 2)
    throw InputError("train", "{}: expected at least 2 captioned pictures of split \"{}\", got {} (splits: {})",
                     manifest.string(), split, data.picture_count(), splits_of(manifest));
  return data;
}

SeenPictures seen_pictures(const PairData& data, std::initializer_list<std::string> starts) {
  SeenPictures seen;
  for (const std::string& folder : starts)
    if (!folder.empty())
      if (const auto before = SeenPictures::load(folder)) seen.add(*before);
  for (const Record& record : data.records) seen.add(record);
  return seen;
}

PairSampler::PairSampler(const PairData& data, const Settings& settings) : data_(data), settings_(settings) {
  if (data.picture_count() < settings.batch_size)
    throw UsageError("train", "expected --batch-size of at most the {} pictures, got {}", data.picture_count(),
                     settings.batch_size);
  if (settings.balanced)
    balanced_ = class_balanced_sampler(data.records, data.folder, labels_of(data.records),
                                       static_cast<int>(settings.batch_size), settings.seed);
}

std::vector<int64_t> PairSampler::pictures(int64_t number) const {
  const auto epoch = static_cast<uint64_t>(number / batches_per_epoch());
  const int64_t step = number % batches_per_epoch();
  if (balanced_) {
    std::vector<int64_t> drawn;
    for (const PairRequest& request : balanced_(epoch, static_cast<uint64_t>(step))) drawn.push_back(request.record);
    return drawn;
  }
  const int64_t first = step * settings_.batch_size;
  const uint64_t order = mix_seed(settings_.seed, {kOrder, epoch});
  std::vector<int64_t> pictures;
  for (int64_t row = 0; row < settings_.batch_size; ++row)
    pictures.push_back(static_cast<int64_t>(
        permuted_index(order, static_cast<uint64_t>(data_.picture_count()), static_cast<uint64_t>(first + row))));
  return pictures;
}

DrawnCaptions PairSampler::captions(int64_t number, std::span<const int64_t> pictures,
                                    const HardNegatives& hard) const {
  DrawnCaptions drawn;
  for (size_t row = 0; row < pictures.size(); ++row) {
    CounterRng rng(mix_seed(settings_.seed, {kCaptions, static_cast<uint64_t>(number), row}));
    const auto picture = static_cast<size_t>(pictures[row]);
    const int64_t first = data_.first_caption[picture], count = data_.first_caption[picture + 1] - first;
    const auto shift = static_cast<int64_t>(rng.below(static_cast<uint64_t>(count)));
    const auto before = static_cast<double>(row) * settings_.mismatched;
    const bool mismatched = std::floor(before + settings_.mismatched) > std::floor(before);
    for (int64_t k = 0; k < std::min(settings_.captions_per_picture, count); ++k) {
      drawn.captions.push_back(mismatched ? mismatch(pictures[row], rng, hard) : first + (shift + k) % count);
      drawn.owner.push_back(static_cast<int64_t>(row));
      drawn.match.push_back(mismatched ? 0.0f : 1.0f);
    }
  }
  return drawn;
}

int64_t PairSampler::mismatch(int64_t picture, CounterRng& rng, const HardNegatives& hard) const {
  if (hard.candidates > 0)
    return hard
        .captions[static_cast<size_t>(picture * hard.candidates) + rng.below(static_cast<uint64_t>(hard.candidates))];
  const int64_t first = data_.first_caption[static_cast<size_t>(picture)];
  const int64_t count = data_.first_caption[static_cast<size_t>(picture) + 1] - first;
  const auto other = static_cast<int64_t>(rng.below(static_cast<uint64_t>(data_.caption_count() - count)));
  return other < first ? other : other + count;  // skips the picture's own
}

}  // namespace sensorium
