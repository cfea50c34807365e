#include "sensorium/data/loader.h"

#include "sensorium/base/threads.h"

#include <algorithm>

namespace sensorium {
namespace {

// What a random number is for; one stream each.
enum Purpose : uint64_t { kOrder, kCaption, kAugment, kExplicit };

void check(const LoaderOptions& o, const std::vector<Record>& records, const fs::path& folder) {
  if (o.batch_size < 1 || o.workers < 1 || o.prefetch < 1)
    throw UsageError("data", "expected batch_size, workers and prefetch of at least 1, got {}, {} and {}", o.batch_size,
                     o.workers, o.prefetch);
  if (records.empty())
    throw InputError("data", "{}: expected at least one picture with a caption, got none", folder.string());
  for (const Record& record : records)
    if (record.captions.empty())
      throw InputError("data", "{}: expected a caption of {}, got none", folder.string(), record.id);
  if (o.drop_last && records.size() < static_cast<size_t>(o.batch_size))
    throw InputError("data", "{}: expected at least {} pictures for one batch, got {}", folder.string(), o.batch_size,
                     records.size());
}

/// What is under transparency in training is what is under it afterwards.
PictureStoreOptions store_options(PictureStoreOptions options, const ImageProcessor& processor) {
  options.on_white = processor.config().convention == ImageProcessorConfig::Convention::transformers;
  return options;
}

}  // namespace

Loader::Loader(std::vector<Record> records, const fs::path& folder, ImageProcessor processor,
               const LoaderOptions& options, Augmentation augmentation)
    : records_(std::move(records)),
      processor_(std::move(processor)),
      options_(options),
      augmentation_(std::move(augmentation)),
      pipelines_(processor_),
      store_(records_, folder, store_options(options.store, processor_)) {
  check(options_, records_, folder);
  const uint64_t n = records_.size(), b = static_cast<uint64_t>(options_.batch_size);
  steps_ = options_.drop_last ? n / b : (n + b - 1) / b;
}

Loader::~Loader() {
  stop();
}

void Loader::seek(uint64_t epoch, uint64_t step) {
  if (step >= steps_) throw UsageError("data", "expected a step below {}, got {}", steps_, step);
  stop();
  position_ = epoch * steps_ + step;
}

void Loader::set_sampler(Sampler sampler) {
  stop();
  sampler_ = std::move(sampler);
}

std::vector<PairRequest> Loader::plan(uint64_t epoch, uint64_t step) const {
  if (sampler_) return sampler_(epoch, step);
  const uint64_t n = records_.size(), b = static_cast<uint64_t>(options_.batch_size);
  std::vector<PairRequest> pairs;
  for (uint64_t place = step * b; place < std::min(n, (step + 1) * b); ++place) {
    uint64_t record = place, caption = 0;
    if (options_.shuffle) {
      record = permuted_index(mix_seed(options_.seed, {kOrder, epoch}), n, place);
      caption = CounterRng(mix_seed(options_.seed, {kCaption, epoch, place})).below(records_[record].captions.size());
    }
    const auto index = static_cast<int64_t>(record);
    pairs.push_back({index, index, static_cast<int64_t>(caption)});
  }
  return pairs;
}

Batch Loader::prepare(std::span<const PairRequest> pairs) const {
  Batch batch;
  batch.pixels = processor_.pixels(pairs.size());
  batch.captions.resize(pairs.size());
  for (auto* list : {&batch.record, &batch.caption_record, &batch.caption_index}) list->resize(pairs.size());
  return batch;
}

/// Gives the pixels of the record, or of the one in the place of a broken one, and returns which that is.
int64_t Loader::show(size_t record, uint64_t random_key, uint8_t* out) {
  if (!augmentation_ && options_.store.is_plain())
    return static_cast<int64_t>(store_.read(
        record, [&](const PictureFile& file, std::string_view name) { pipelines_.run(file.bytes(), name, out); }));
  const StoredPicture picture = store_.get(record);
  if (augmentation_) {
    CounterRng rng(random_key);
    processor_.place(augmentation_(*picture.image, rng), out);
  } else {
    processor_.process(*picture.image, out);
  }
  return static_cast<int64_t>(picture.record);
}

void Loader::fill(Batch& batch, size_t place, const PairRequest& pair, uint64_t random_key) {
  const auto n = static_cast<int64_t>(records_.size());
  if (pair.record < 0 || pair.record >= n || pair.caption_record < 0 || pair.caption_record >= n)
    throw UsageError("data", "expected records in [0, {}), got {} and {}", n, pair.record, pair.caption_record);
  const int64_t shown = show(static_cast<size_t>(pair.record), random_key, batch.pixels.picture(place));
  const bool moved = shown != pair.record && pair.caption_record == pair.record;
  const int64_t owner = moved ? shown : pair.caption_record;
  const auto& captions = records_[static_cast<size_t>(owner)].captions;
  const int64_t caption = moved ? pair.caption % static_cast<int64_t>(captions.size()) : pair.caption;
  if (caption < 0 || caption >= static_cast<int64_t>(captions.size()))
    throw UsageError("data", "{}: expected a caption below {}, got {}", records_[static_cast<size_t>(owner)].id,
                     captions.size(), caption);
  batch.captions[place] = captions[static_cast<size_t>(caption)].text;
  batch.record[place] = shown;
  batch.caption_record[place] = owner;
  batch.caption_index[place] = caption;
}

Batch Loader::load(std::span<const PairRequest> pairs, uint64_t draw) {
  Batch batch = prepare(pairs);
  parallel_for(pairs.size(), options_.workers, [&](size_t i) {
    fill(batch, i, pairs[i], mix_seed(options_.seed, {kExplicit, draw, i}));
  });
  return batch;
}

Batch Loader::next() {
  if (threads_.empty()) start();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return made_.contains(position_); });
  Made made = std::move(made_.extract(position_).mapped());
  if (made.failure) {
    lock.unlock();
    stop();  // so that a further call tries again
    std::rethrow_exception(made.failure);
  }
  ++position_;
  changed_.notify_all();
  return std::move(made.batch);
}

void Loader::start() {
  stopping_ = false;
  made_.clear();
  next_ticket_ = position_;
  for (int i = 0; i < options_.workers; ++i) threads_.emplace_back([this] { work(); });
}

void Loader::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Loader::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock,
                  [&] { return stopping_ || next_ticket_ < position_ + static_cast<uint64_t>(options_.prefetch); });
    if (stopping_) return;
    const uint64_t ticket = next_ticket_++;
    lock.unlock();
    Made made;
    try {
      const uint64_t epoch = ticket / steps_, step = ticket % steps_;
      const std::vector<PairRequest> pairs = plan(epoch, step);
      made.batch = prepare(pairs);
      for (size_t i = 0; i < pairs.size(); ++i)
        fill(made.batch, i, pairs[i], mix_seed(options_.seed, {kAugment, epoch, step, i}));
      made.batch.epoch = epoch;
      made.batch.step = step;
    } catch (...) {
      made.failure = std::current_exception();
    }
    lock.lock();
    made_.emplace(ticket, std::move(made));
    changed_.notify_all();
  }
}

}  // namespace sensorium
