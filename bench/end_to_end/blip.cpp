// A captioner, timed on demand: bench_blip MODEL fp32|bf16|int8 THREADS reads jobs from stdin, one a line, and answers
// each with a line of JSON: the seconds of every run and the ids of the first picture. bench/peers/blip.py runs it
// beside its peer, in turn.
//   captions FILE BATCH BEAMS TOKENS RUNS    FILE: float32 pixels [BATCH, 3, S, S]; every caption has TOKENS new tokens

#include "sensorium/base/file.h"
#include "sensorium/models/blip/blip_writer.h"
#include "sensorium/models/rt/rt_ops.h"

#include <fmt/ranges.h>

#include <chrono>
#include <cstring>
#include <iostream>

using namespace sensorium;

namespace {

rt::Tensor pixels_of(const std::string& path, int64_t batch, int64_t size) {
  const std::string bytes = read_file(path);
  rt::Tensor t = rt::Tensor::empty({batch, 3, size, size});
  if (bytes.size() != static_cast<size_t>(t.numel()) * sizeof(float))
    throw InputError("bench", "{}: expected {} bytes, got {}", path, t.numel() * 4, bytes.size());
  std::memcpy(t.mutable_data(), bytes.data(), bytes.size());
  return t;
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) {
    fmt::print(stderr, "usage: bench_blip MODEL fp32|bf16|int8 THREADS < jobs\n");
    return 2;
  }
  rt::set_num_threads(std::atoi(words[3]));
  rt::set_precision(precision_of(words[2]));
  const auto model = load_blip<rt::Tensor>(words[1]);
  std::string kind, path;
  int64_t batch = 0, beams = 0, tokens = 0;
  int runs = 0;
  while (std::cin >> kind >> path >> batch >> beams >> tokens >> runs) {
    GenerationOptions options;
    options.num_beams = beams;
    options.max_new_tokens = options.min_new_tokens = tokens;
    options = with_end(options, model.config.text);
    const rt::Tensor pixels = pixels_of(path, batch, model.config.vision.image_size);
    const std::vector prompts(static_cast<size_t>(batch), begin_text(model.config.text, {}));
    std::vector<double> seconds, looking;
    std::vector<GeneratedText> texts;
    for (int i = 0; i < runs; ++i) {
      const auto start = std::chrono::steady_clock::now();
      const rt::Tensor states = encode_pixels(model.vision, pixels);
      looking.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
      BlipWriter<rt::Tensor> writer(model, {states, {}});
      texts = generate(writer, prompts, options);
      seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    fmt::print("{{\"seconds\": [{:.6f}], \"looking\": [{:.6f}], \"ids\": {}}}\n", fmt::join(seconds, ", "),
               fmt::join(looking, ", "), texts.front().ids);
    std::fflush(stdout);
  }
}
