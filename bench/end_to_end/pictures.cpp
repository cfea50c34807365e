// A folder of pictures to normalised tensors: bench_pictures FOLDER PREPROCESSOR_FOLDER [THREADS] [RUNS]. Prints one
// JSON line a run: seconds on the clock, seconds of processor, and a checksum of all floats. bench/peers/pictures.py
// runs it beside its peers.

#include "bench/end_to_end/seconds_of_processor.h"
#include "sensorium/base/hash.h"
#include "sensorium/base/threads.h"
#include "sensorium/io/image_pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>

using namespace sensorium;

namespace {

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// Hash of all floats of all files, in order, computed on `threads` threads.
uint64_t run(const std::vector<fs::path>& files, const ImageProcessor& processor, int threads) {
  std::vector<uint64_t> hashes(files.size());
  std::atomic<size_t> next{0};
  parallel_for(static_cast<size_t>(threads), threads, [&](size_t) {
    ImagePipeline pipeline(processor);
    Pixels pixels = processor.pixels(1);
    std::vector<float> out(pixels.bytes.size());  // as the peers give them; our models look the bytes up themselves
    for (size_t i = next++; i < files.size(); i = next++) {
      const MappedFile file(files[i]);
      pipeline.run(file.bytes(), files[i].native(), pixels.picture(0));
      pixels.table->look_up_planes(pixels.picture(0), 0, 3, out.size() / 3, out.data());
      hashes[i] = stable_hash({reinterpret_cast<const char*>(out.data()), out.size() * sizeof(float)});
    }
  });
  return stable_hash({reinterpret_cast<const char*>(hashes.data()), hashes.size() * sizeof(uint64_t)});
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) {
    fmt::print(stderr, "usage: bench_pictures FOLDER PREPROCESSOR_FOLDER [THREADS] [RUNS]\n");
    return 2;
  }
  const std::vector<fs::path> files = files_in(words[1]);
  const ImageProcessor processor = ImageProcessor::load(words[2]);
  const int threads = count > 3 ? std::atoi(words[3]) : 2, runs = count > 4 ? std::atoi(words[4]) : 1;
  for (int i = 0; i < runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const double processor_start = bench::seconds_of_processor();
    const uint64_t hash = run(files, processor, threads);
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    fmt::print("{{\"pictures\": {}, \"wall_s\": {:.4f}, \"processor_s\": {:.4f}, \"hash\": \"{:016x}\"}}\n",
               files.size(), wall.count(), bench::seconds_of_processor() - processor_start, hash);
    std::fflush(stdout);
  }
}
