#include "sensorium/data/samplers.h"

#include <algorithm>
#include <map>

namespace sensorium {
namespace {

// What a random number is for; one stream each.
enum Purpose : uint64_t { kRound = 100, kMember, kCaption, kOrder, kWhether, kOther };

/// A caption of the record at random, in the stream of (epoch, place).
int64_t draw_caption(const Record& record, uint64_t seed, uint64_t epoch, uint64_t place) {
  if (record.captions.empty()) return 0;
  return static_cast<int64_t>(CounterRng(mix_seed(seed, {kCaption, epoch, place})).below(record.captions.size()));
}

bool may_mismatch(const Record& own, const Record& other, int64_t caption) {
  if (&own == &other || (!own.group.empty() && own.group == other.group)) return false;
  const std::string& text = other.captions[static_cast<size_t>(caption)].text;
  return std::none_of(own.captions.begin(), own.captions.end(), [&](const Caption& c) { return c.text == text; });
}

}  // namespace

std::vector<std::string> labels_of(const std::vector<Record>& records) {
  std::vector<std::string> labels;
  for (const Record& record : records) labels.push_back(record.label);
  return labels;
}

Sampler class_balanced_sampler(const std::vector<Record>& records, const fs::path& source,
                               const std::vector<std::string>& classes, int batch_size, uint64_t seed) {
  SENSORIUM_ASSERT(records.size() == classes.size() && batch_size > 0);
  std::map<std::string, std::vector<int64_t>> by_class;
  for (size_t r = 0; r < classes.size(); ++r)
    if (!classes[r].empty()) by_class[classes[r]].push_back(static_cast<int64_t>(r));
  if (by_class.empty()) throw InputError("data", "{}: expected records with a class, got none", source.string());
  std::vector<std::vector<int64_t>> members;
  for (auto& [name, list] : by_class) members.push_back(std::move(list));
  // An epoch has as many samples as the loader's own, so that step numbers agree.
  const uint64_t per_epoch = records.size() / static_cast<uint64_t>(batch_size) * static_cast<uint64_t>(batch_size);
  return [=, &records](uint64_t epoch, uint64_t step) {
    std::vector<PairRequest> pairs;
    for (uint64_t row = 0; row < static_cast<uint64_t>(batch_size); ++row) {
      const uint64_t place = step * static_cast<uint64_t>(batch_size) + row;
      const uint64_t sample = epoch * std::max<uint64_t>(per_epoch, 1) + place;  // counted over all epochs
      const uint64_t round = sample / members.size();
      const uint64_t c = permuted_index(mix_seed(seed, {kRound, round}), members.size(), sample % members.size());
      const std::vector<int64_t>& list = members[c];
      const uint64_t lap = round / list.size();
      const int64_t record = list[permuted_index(mix_seed(seed, {kMember, c, lap}), list.size(), round % list.size())];
      pairs.push_back({record, record, draw_caption(records[static_cast<size_t>(record)], seed, epoch, place)});
    }
    return pairs;
  };
}

Sampler mismatched_sampler(const std::vector<Record>& records, const fs::path& source, int batch_size,
                           double mismatched, uint64_t seed) {
  SENSORIUM_ASSERT(batch_size > 0);
  if (!(mismatched >= 0 && mismatched <= 1))
    throw UsageError("data", "expected a fraction of mismatched pairs in [0, 1], got {}", mismatched);
  if (records.size() < 2)
    throw InputError("data", "{}: expected at least two records, got {}", source.string(), records.size());
  return [=, &records](uint64_t epoch, uint64_t step) {
    constexpr int kTries = 100;  // a set of one group or one text has no mismatch: the pair then stays as it is
    const uint64_t n = records.size();
    std::vector<PairRequest> pairs;
    for (uint64_t row = 0; row < static_cast<uint64_t>(batch_size); ++row) {
      const uint64_t place = step * static_cast<uint64_t>(batch_size) + row;
      if (place >= n) break;
      const uint64_t record = permuted_index(mix_seed(seed, {kOrder, epoch}), n, place);
      PairRequest pair{static_cast<int64_t>(record), static_cast<int64_t>(record),
                       draw_caption(records[record], seed, epoch, place)};
      CounterRng rng(mix_seed(seed, {kOther, epoch, place}));
      const bool swaps = CounterRng(mix_seed(seed, {kWhether, epoch, place})).uniform() < mismatched;
      for (int attempt = 0; swaps && attempt < kTries; ++attempt) {
        const uint64_t other = rng.below(n);
        const auto caption = static_cast<int64_t>(rng.below(records[other].captions.size()));
        if (!may_mismatch(records[record], records[other], caption)) continue;
        pair.caption_record = static_cast<int64_t>(other);
        pair.caption = caption;
        break;
      }
      pairs.push_back(pair);
    }
    return pairs;
  };
}

}  // namespace sensorium
