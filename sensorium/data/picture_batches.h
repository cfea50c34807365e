#pragma once
// Pictures of a stream into batches of a model's input, decoded on threads of their own.

#include "sensorium/data/picture_walk.h"
#include "sensorium/io/image_pipeline.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <thread>

namespace sensorium {

/// Pictures that were good, in the order of the stream, and those that were not.
struct PixelBatch {
  struct Failure {
    PictureItem item;
    std::string message;
  };
  std::vector<size_t> indices;     // places in the stream, from 0
  std::vector<PictureItem> items;  // as many
  Pixels pixels;                   // B may be 0
  std::vector<Failure> failures;
};

/// Reads ahead of `next` by at most two batches, however long the stream is. The batches are the same for any number of
/// threads, and each picture is what ImagePipeline gives. Used from one thread.
class PictureBatches {
 public:
  /// Batches of `batch_size` pictures of the stream, broken ones among them; `threads` decode, 0 for one a processor.
  /// The processor has to outlive it.
  PictureBatches(PictureStream stream, const ImageProcessor& processor, int batch_size, int threads);
  ~PictureBatches();
  PictureBatches(const PictureBatches&) = delete;
  PictureBatches& operator=(const PictureBatches&) = delete;

  /// The next batch instead of what `batch` holds, whose memory is used again; false at the end. Throws what the stream
  /// throws, after the batches before; a picture that cannot be read or decoded (InputError) is a failure of its batch.
  bool next(PixelBatch& batch);

 private:
  /// A batch while it is decoded.
  struct Job {
    size_t first = 0;
    std::vector<PictureItem> items;
    std::vector<std::string> messages;  // empty: a good picture
    Pixels pixels;
    size_t begun = 0, done = 0;
    std::exception_ptr error;
  };
  void work();
  void begin_job(std::unique_lock<std::mutex>& lock);
  Job* open_job();
  void decode(Job& job, size_t i);
  void finish(Job& job, PixelBatch& batch) const;

  const ImageProcessor& processor_;
  const size_t batch_size_;
  ImagePipelines pipelines_;
  PictureStream stream_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Job>> jobs_;  // in order
  std::vector<std::vector<uint8_t>> spare_;
  size_t taken_ = 0;  // of the stream
  bool pulling_ = false, ended_ = false, stopping_ = false;
};

}  // namespace sensorium
