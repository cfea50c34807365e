#include "sensorium/data/clean_pass.h"

#include "sensorium/base/progress.h"
#include "sensorium/base/threads.h"

#include <algorithm>
#include <exception>
#include <thread>
#include <utility>

namespace sensorium {
namespace {

constexpr size_t kBatch = 8192;  // records without pictures; with pictures that are looked at, fewer
constexpr size_t kPictureBatch = 256;
constexpr size_t kChunk = 256;  // records a thread takes at once
constexpr size_t kAhead = 8;    // records whose hashes are fetched from memory before they are counted

/// One record on its way through a batch.
struct Work {
  Item item;
  Measured measured;
  std::unique_ptr<CropPrint> crop;  // when crops are looked for
  std::string json;
  std::vector<uint64_t> captions;  // hashes
  uint64_t url = 0, id = 0;
  bool keep = false, looked = false;
};

uint8_t rank_of(const std::string& split) {
  return split == "test" ? 0 : split == "val" ? 1 : split == "train" ? 2 : 3;
}

class Cleaner {
 public:
  Cleaner(const CleanDataOptions& options, const MeasureOptions& measures, ManifestWriter* stream, Cleaned& out)
      : options_(options), measures_(measures), stream_(stream), out_(out), progress_("cleaning", 0) {}
  Cleaner(const Cleaner&) = delete;
  Cleaner& operator=(const Cleaner&) = delete;
  ~Cleaner() {
    if (looker_.joinable()) looker_.join();
  }

  void start(const Source& source) { limit_ = source.has_pictures ? kPictureBatch : kBatch; }

  void add(Item&& item) {
    if (reading_.works.size() < limit_) reading_.works.resize(limit_);
    reading_.works[reading_.filled++].item = std::move(item);
    if (reading_.filled == limit_) pass_on();
  }

  /// Keeps all that was added.
  void flush() {
    pass_on();
    pass_on();
  }

 private:
  /// Records that are read, looked at and kept together.
  struct Batch {
    std::vector<Work> works;
    size_t filled = 0;
    std::vector<Tally> tallies;  // one a chunk, joined in order
  };

  /// The batch that was read is looked at from now on, the one that was looked at is kept.
  void pass_on() {
    wait();
    std::swap(reading_, looking_);
    // Drawings share things with their reader, which therefore waits; rows of a table do not.
    if (limit_ == kBatch && options_.threads != 1)
      looker_ = std::thread([this] { look_at_safely(); });
    else
      look_at(looking_);
    keep_all(reading_);
  }

  /// Until the batch was looked at. Throws what went wrong there.
  void wait() {
    if (looker_.joinable()) looker_.join();
    if (fault_) std::rethrow_exception(std::exchange(fault_, nullptr));
  }

  void look_at_safely() {
    try {
      look_at(looking_);
    } catch (...) {
      fault_ = std::current_exception();
    }
  }

  void look_at(Batch& batch) const {
    // Chunks are small where a picture is decoded for each record.
    const size_t chunk = limit_ == kBatch ? kChunk : 1;
    const size_t chunks = (batch.filled + chunk - 1) / chunk;
    batch.tallies.assign(chunks, {});
    parallel_for(chunks, options_.threads, [&](size_t c) {
      for (size_t i = c * chunk; i < std::min(batch.filled, (c + 1) * chunk); ++i)
        look(batch.works[i], batch.tallies[c]);
    });
  }

  void keep_all(Batch& batch) {
    for (const Tally& tally : batch.tallies) out_.tally.merge(tally);
    batch.tallies.clear();
    for (size_t i = 0; i < batch.filled; ++i) {
      if (i + kAhead < batch.filled) expect(batch.works[i + kAhead]);
      if (batch.works[i].keep) keep(batch.works[i]);
    }
    progress_.advance(batch.filled);
    batch.filled = 0;
  }

  /// What can be said of a record by itself. Thread-safe for different records.
  void look(Work& w, Tally& tally) const {
    Record& record = w.item.record;
    w.keep = false;
    if (const char* fault = apply_caption_rules(record, options_.captions, tally)) return tally.add(fault, record.id);
    w.looked = w.item.render || !record.image.empty();
    if (w.looked) {
      if (options_.cropped_pictures == "drop") w.crop = std::make_unique<CropPrint>();
      w.measured = measure(w.item, measures_, w.crop.get());
      if (!w.measured.reason.empty()) return tally.add(w.measured.reason, w.measured.example);
    } else if (record.url.empty()) {
      return tally.add("row without a picture", record.id);
    }
    w.captions.clear();
    for (const Caption& c : record.captions) w.captions.push_back(stable_hash(c.text));
    w.url = w.looked || record.url.empty() ? 0 : stable_hash(record.url);
    w.id = stable_hash(record.id);
    w.json.clear();
    append_json(w.json, record);
    w.keep = true;
  }

  void expect(const Work& w) const {
    urls_.expect(w.url);
    ids_.expect(w.id);
    for (const uint64_t caption : w.captions) repeats_.expect(caption);
  }

  /// What depends on the records before.
  void keep(Work& w) {
    Record& record = w.item.record;
    if (w.url && options_.repeated_urls == "drop" && urls_.add(w.url) > 0)
      return out_.tally.add("address that occurred before", record.url);
    const size_t before = record.captions.size();
    if (options_.max_repeats > 0) drop_repeats(w);
    if (before > 0 && record.captions.empty() && says_nothing(record) && options_.captions.missing != "keep")
      return out_.tally.add("no caption is left", record.id);
    bool changed = record.captions.size() != before;
    if (const int uses = ids_.add(w.id); uses > 0) {
      record.id += fmt::format("#{}", uses + 1);
      changed = true;
    }
    if (changed) {
      w.json.clear();
      append_json(w.json, record);
    }
    store(w);
  }

  void drop_repeats(Work& w) {
    size_t at = 0;
    std::erase_if(w.item.record.captions, [&](const Caption& caption) {
      const bool repeated = repeats_.add(w.captions[at++]) >= options_.max_repeats;
      if (repeated) out_.tally.add("caption that occurred too often", caption.text);
      return repeated;
    });
  }

  void store(Work& w) {
    const Record& record = w.item.record;
    if (stream_) {
      out_.statistics.add(record);
      return stream_->add_json(w.json);
    }
    out_.records.add_json(w.json);
    if (!w.looked) return out_.picture.push_back(kNoPicture);
    out_.picture.push_back(static_cast<uint32_t>(out_.fingerprints.size()));
    out_.fingerprints.push_back(w.measured.fingerprint);
    out_.split_rank.push_back(rank_of(record.split));
    if (options_.cropped_pictures == "drop") out_.crops.push_back(*w.crop);
  }

  const CleanDataOptions& options_;
  const MeasureOptions& measures_;
  ManifestWriter* stream_;
  Cleaned& out_;
  Batch reading_, looking_;
  size_t limit_ = kPictureBatch;
  HashCounts urls_, repeats_, ids_;
  Progress progress_;
  std::thread looker_;        // works on looking_
  std::exception_ptr fault_;  // what went wrong there
};

}  // namespace

void clean_records(const std::vector<Source>& sources, const CleanDataOptions& options, const fs::path& drawn,
                   const fs::path& drawn_prefix, ManifestWriter* stream, Cleaned& out) {
  const MeasureOptions measures{.min_side = options.min_side,
                                .max_pixels = options.max_pixels,
                                .max_aspect = options.max_aspect,
                                .need_text = false,
                                .drawn_folder = drawn,
                                .drawn_prefix = drawn_prefix};
  Cleaner cleaner(options, measures, stream, out);
  for (const Source& source : sources) {
    cleaner.start(source);
    source.read([&](Item&& item) { cleaner.add(std::move(item)); }, out.tally);
    cleaner.flush();
  }
}

}  // namespace sensorium
