// A file of captions, one a line, to padded batches of ids: bench_captions FILE TOKENIZER_FOLDER [THREADS] [RUNS].
// Prints one JSON line a run: seconds on the clock, seconds of processor, the number of ids without padding and a hash
// of them. bench/peers/captions.py runs it beside its peer.

#include "bench/end_to_end/seconds_of_processor.h"
#include "sensorium/base/hash.h"
#include "sensorium/text/tokenizer.h"

#include <fmt/format.h>

#include <chrono>

using namespace sensorium;

namespace {

std::vector<std::string> lines_of(const fs::path& file) {
  const std::string content = read_file(file);
  std::vector<std::string> lines;
  for (size_t at = 0; at < content.size();) {
    const size_t end = std::min(content.find('\n', at), content.size());
    lines.push_back(content.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) {
    fmt::print(stderr, "usage: bench_captions FILE TOKENIZER_FOLDER [THREADS] [RUNS]\n");
    return 2;
  }
  const std::vector<std::string> texts = lines_of(words[1]);
  const auto tokenizer = load_tokenizer(words[2]);
  const int threads = count > 3 ? std::atoi(words[3]) : 2, runs = count > 4 ? std::atoi(words[4]) : 1;
  for (int i = 0; i < runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const double processor_start = bench::seconds_of_processor();
    const TokenBatch batch = tokenizer->encode_batch(texts, {.truncation = Truncation::none, .threads = threads});
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    const double processor = bench::seconds_of_processor() - processor_start;
    int64_t ids = 0;
    for (int64_t m : batch.attention_mask) ids += m;
    const std::string_view bytes(reinterpret_cast<const char*>(batch.input_ids.data()), batch.input_ids.size() * 8);
    fmt::print(
        "{{\"captions\": {}, \"wall_s\": {:.5f}, \"processor_s\": {:.5f}, \"ids\": {}, \"hash\": \"{:016x}\"}}\n",
        texts.size(), wall.count(), processor, ids, stable_hash(bytes));
    std::fflush(stdout);
  }
}
