#include "sensorium/apps/pictures.h"

#include "sensorium/base/log.h"
#include "sensorium/base/progress.h"
#include "sensorium/base/threads.h"
#include "sensorium/data/picture_file.h"
#include "sensorium/data/source.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <thread>

namespace sensorium {
namespace {

bool has_picture_name(const fs::path& path) {
  std::string e = path.extension().string();
  std::transform(e.begin(), e.end(), e.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return e == ".jpg" || e == ".jpeg" || e == ".png" || e == ".webp";
}

/// A batch between decoding and the model.
struct Prepared {
  std::vector<size_t> indices;
  std::vector<float> pixels;
  std::vector<std::pair<std::string, std::string>> failures;  // reason, file
};

Prepared prepare(std::span<const fs::path> pictures, size_t first, size_t last, const ImageProcessor& processor,
                 int threads) {
  const size_t n = last - first, size = processor.output_size();
  std::vector<std::string> reasons(n);
  Prepared p;
  p.pixels.resize(n * size);
  parallel_for(n, threads, [&](size_t i) {
    const fs::path& file = pictures[first + i];
    try {
      processor.process(read_picture_alpha(file), &p.pixels[i * size]);
    } catch (const InputError& e) {
      reasons[i] = reason_of(e, file.string());
    }
  });
  for (size_t i = 0; i < n; ++i) {
    if (!reasons[i].empty()) {
      p.failures.emplace_back(reasons[i], pictures[first + i].string());
      continue;
    }
    if (p.indices.size() != i) std::copy_n(&p.pixels[i * size], size, &p.pixels[p.indices.size() * size]);
    p.indices.push_back(first + i);
  }
  p.pixels.resize(p.indices.size() * size);
  return p;
}

/// Decoding on a thread of its own, one batch ahead.
class Decoder {
 public:
  Decoder(std::span<const fs::path> pictures, const ImageProcessor& processor, const PictureOptions& options)
      : queue_(1), thread_([=, this, &processor] { run(pictures, processor, options); }) {}
  ~Decoder() {
    queue_.close();
    thread_.join();
  }
  /// Nothing at the end; throws what decoding threw.
  std::optional<Prepared> next() {
    auto p = queue_.pop();
    if (!p && error_) std::rethrow_exception(error_);
    return p;
  }

 private:
  void run(std::span<const fs::path> pictures, const ImageProcessor& processor, const PictureOptions& options) {
    const auto step = static_cast<size_t>(options.batch_size);
    try {
      for (size_t first = 0; first < pictures.size(); first += step)
        if (!queue_.push(prepare(pictures, first, std::min(pictures.size(), first + step), processor, options.threads)))
          return;
    } catch (...) {
      error_ = std::current_exception();
    }
    queue_.close();
  }
  BoundedQueue<Prepared> queue_;
  std::exception_ptr error_;
  std::thread thread_;
};

}  // namespace

std::vector<fs::path> find_pictures(const std::vector<std::string>& inputs) {
  std::vector<fs::path> pictures;
  for (const std::string& input : inputs) {
    std::error_code ignored;
    if (!fs::is_directory(input, ignored)) {
      pictures.emplace_back(input);
      continue;
    }
    for (fs::path& file : files_below(input))
      if (has_picture_name(file)) pictures.push_back(std::move(file));
  }
  return pictures;
}

void encode_pictures(std::span<const fs::path> pictures, const ImageProcessor& processor, const PixelEncoder& encode,
                     const PictureOptions& options, Tally& skipped, const std::function<void(PictureBatch&&)>& sink) {
  Progress progress("pictures", pictures.size());
  Decoder decoder(pictures, processor, options);
  while (auto p = decoder.next()) {
    for (auto& [reason, file] : p->failures) skipped.add(reason, file);
    progress.advance(p->indices.size() + p->failures.size());
    if (p->indices.empty()) continue;
    PictureBatch batch{std::move(p->indices), {}};
    batch.rows = encode(p->pixels, static_cast<int64_t>(batch.indices.size()));
    sink(std::move(batch));
  }
}

std::string reason_of(const Error& error, const std::string& name) {
  const std::string text = error.what();
  if (const size_t at = text.find(name + ": "); at != std::string::npos) return text.substr(at + name.size() + 2);
  const size_t end = text.find("] ");
  return end == std::string::npos ? text : text.substr(end + 2);
}

void warn_skipped(const Tally& skipped) {
  for (const auto& [reason, entry] : skipped.entries())
    spdlog::warn("{} picture{} skipped: {} ({}{})", entry.count, entry.count == 1 ? "" : "s", reason,
                 fmt::join(entry.examples, ", "), entry.count > entry.examples.size() ? ", ..." : "");
}

}  // namespace sensorium
