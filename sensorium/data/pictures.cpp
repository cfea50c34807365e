#include "sensorium/data/pictures.h"

#include "sensorium/base/log.h"
#include "sensorium/base/progress.h"

namespace sensorium {
namespace {

/// What stands after "[operation] name: " in the message of an error.
std::string reason_of(const std::string& message, const std::string& name) {
  if (const size_t at = message.find(name + ": "); at != std::string::npos) return message.substr(at + name.size() + 2);
  const size_t end = message.find("] ");
  return end == std::string::npos ? message : message.substr(end + 2);
}

}  // namespace

std::vector<fs::path> find_pictures(const std::vector<std::string>& inputs) {
  std::vector<fs::path> pictures;
  const PictureStream stream = walk_pictures(inputs);
  while (auto item = stream()) pictures.push_back(std::move(item->file));
  return pictures;
}

void decode_pictures(PictureStream pictures, const ImageProcessor& processor, const PictureOptions& options,
                     Tally& skipped, const std::function<void(PixelBatch&)>& sink) {
  Progress progress("pictures", options.total);
  PictureBatches batches(std::move(pictures), processor, options.batch_size, options.threads);
  for (PixelBatch pixels; batches.next(pixels);) {
    for (const auto& [item, message] : pixels.failures)
      skipped.add(reason_of(message, item.file.string()), item.file.string());
    progress.advance(pixels.items.size() + pixels.failures.size());
    if (!pixels.items.empty()) sink(pixels);
  }
}

void encode_pictures(PictureStream pictures, const ImageProcessor& processor, const PixelEncoder& encode,
                     const PictureOptions& options, Tally& skipped, const std::function<void(PictureBatch&&)>& sink) {
  decode_pictures(std::move(pictures), processor, options, skipped, [&](PixelBatch& batch) {
    sink({std::move(batch.indices), std::move(batch.items), encode(batch.pixels)});
  });
}

void warn_skipped(const Tally& skipped) {
  for (const auto& [reason, entry] : skipped.entries())
    spdlog::warn("{} picture{} skipped: {} ({}{})", entry.count, entry.count == 1 ? "" : "s", reason,
                 fmt::join(entry.examples, ", "), entry.count > entry.examples.size() ? ", ..." : "");
}

}  // namespace sensorium
