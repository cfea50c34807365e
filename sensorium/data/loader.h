#pragma once
// Batches of pictures and captions: the same for any number of workers, and from any place of an epoch.

#include "sensorium/base/rng.h"
#include "sensorium/data/picture_store.h"
#include "sensorium/io/image_pipeline.h"

#include <condition_variable>
#include <functional>
#include <map>
#include <span>
#include <thread>

namespace sensorium {

/// One sample: the picture of one record, a caption of the same or of another.
struct PairRequest {
  int64_t record = 0;
  int64_t caption_record = 0;
  int64_t caption = 0;  // index into that record's captions
};

/// B samples. `record` says whose picture it is, which differs from what was asked for if that picture is broken; a
/// caption asked for with its own picture then moves along.
struct Batch {
  Pixels pixels;
  std::vector<std::string> captions;
  std::vector<int64_t> record, caption_record, caption_index;
  uint64_t epoch = 0, step = 0;
  size_t size() const { return captions.size(); }
};

/// Turns an RGB picture of any size into a training picture of the processor's height and width.
using Augmentation = std::function<Image(const Image&, CounterRng&)>;
/// The samples of one step, instead of the loader's own choice: mined negatives, for instance.
using Sampler = std::function<std::vector<PairRequest>(uint64_t epoch, uint64_t step)>;

struct LoaderOptions {
  int batch_size = 32;
  uint64_t seed = 0;
  /// Training: a new order every epoch and one caption of each record at random. Otherwise: the records in order, each
  /// with its first caption.
  bool shuffle = true;
  bool drop_last = true;  // leave out what does not fill a batch at the end of an epoch
  int workers = 2;        // threads that prepare batches, at least 1
  int prefetch = 4;       // batches that may be ready before they are asked for, at least 1
  PictureStoreOptions store;
};

/// Reads pictures, augments and preprocesses them on its own threads. All random numbers come from (seed, epoch, place
/// in the epoch), so a run that is resumed by `seek` sees the same samples as one that was never stopped. Called from
/// one thread; `augmentation` and `sampler` are called from several.
class Loader {
 public:
  /// `records` need at least one caption each; relative pictures lie below `folder`. Without an augmentation pictures
  /// are processed as for inference, straight from their files where the store neither reduces nor keeps them. Where
  /// they have transparency they are on white if the processor puts them on white. Throws UsageError for options out of
  /// range, InputError when there are no records, a record has no caption, or drop_last leaves no batch.
  Loader(std::vector<Record> records, const fs::path& folder, ImageProcessor processor, const LoaderOptions& options,
         Augmentation augmentation = nullptr);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  const std::vector<Record>& records() const { return records_; }
  uint64_t steps_per_epoch() const { return steps_; }
  /// Where `next` is: these two numbers are all the state there is.
  uint64_t epoch() const { return position_ / steps_; }
  uint64_t step() const { return position_ % steps_; }
  /// Makes `next` give batch `step` of `epoch`. Throws UsageError for a step beyond the epoch.
  void seek(uint64_t epoch, uint64_t step);
  /// Chooses samples from here on; null: the loader's own choice. Batches made ahead are made again.
  void set_sampler(Sampler sampler);
  /// The next batch; after the last of an epoch comes the first of the next. Throws InputError when no picture can be
  /// read, and what the sampler throws.
  Batch next();
  /// The given samples at once, on `workers` threads; augmented (if there is an augmentation) by `draw`.
  Batch load(std::span<const PairRequest> pairs, uint64_t draw = 0);
  /// Broken pictures met so far.
  Tally broken() const { return store_.broken(); }

 private:
  struct Made {
    Batch batch;
    std::exception_ptr failure;
  };
  std::vector<PairRequest> plan(uint64_t epoch, uint64_t step) const;
  void fill(Batch& batch, size_t place, const PairRequest& pair, uint64_t random_key);
  int64_t show(size_t record, uint64_t random_key, uint8_t* out);
  Batch prepare(std::span<const PairRequest> pairs) const;
  void start();
  void stop();
  void work();

  std::vector<Record> records_;
  ImageProcessor processor_;
  LoaderOptions options_;
  Augmentation augmentation_;
  Sampler sampler_;
  ImagePipelines pipelines_;
  PictureStore store_;
  uint64_t steps_ = 0, position_ = 0;

  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<uint64_t, Made> made_;  // by position, from position_ on
  uint64_t next_ticket_ = 0;       // position that the next free worker makes
  bool stopping_ = false;
};

}  // namespace sensorium
