// The towers of a bundle, or a ViT or ResNet alone, timed on demand: bench_towers MODEL fp32|bf16|int8 THREADS reads
// jobs from stdin, one a line, and answers each with a line of JSON: the seconds of every run. bench/peers/towers.py
// runs it beside its peers, in turn.
//   images FILE BATCH RUNS OUT   FILE: float32 pixels [BATCH, 3, S, S]; the embeddings go to OUT
//   texts FILE BATCH RUNS OUT    FILE: captions, one a line; batch after batch, tokenising included

#include "sensorium/base/file.h"
#include "sensorium/base/json.h"
#include "sensorium/models/bundle.h"
#include "sensorium/models/image_classifier.h"
#include "sensorium/models/rt/rt_ops.h"

#include <fmt/ranges.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

using namespace sensorium;

namespace {

using Embeds = std::vector<float>;

void write_floats(const std::string& path, const Embeds& values) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
}

/// Runs `work` and keeps what it gave last.
void timed(int runs, const std::string& out, const std::function<Embeds()>& work) {
  std::vector<double> seconds;
  Embeds embeds;
  for (int i = 0; i < runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    embeds = work();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  write_floats(out, embeds);
  fmt::print("{{\"seconds\": [{:.6f}]}}\n", fmt::join(seconds, ", "));
  std::fflush(stdout);
}

rt::Tensor pixels_of(const std::string& path, int64_t batch, const ImageProcessor& p) {
  const std::string bytes = read_file(path);
  rt::Tensor t = rt::Tensor::empty({batch, 3, p.height(), p.width()});
  if (bytes.size() != static_cast<size_t>(t.numel()) * sizeof(float))
    throw InputError("bench", "{}: expected {} bytes, got {}", path, t.numel() * 4, bytes.size());
  std::memcpy(t.mutable_data(), bytes.data(), bytes.size());
  return t;
}

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  std::istringstream in(read_file(path));
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// What pixels and texts are turned into.
struct Towers {
  ImageProcessor processor;
  std::function<Embeds(const rt::Tensor&)> images;
  std::function<Embeds(std::span<const std::string>)> texts;
};

Towers load(const fs::path& folder) {
  const Json config = read_json(folder / "config.json");
  if (config.value("model_type", "") == "resnet") {
    const auto model = std::make_shared<const ImageClassifier<rt::Tensor>>(load_image_classifier<rt::Tensor>(folder));
    const auto pool = [model](const rt::Tensor& x) {
      return std::visit([&](const auto& tower) { return pool_pixels(tower, x).to_float(); }, model->tower);
    };
    return {ImageProcessor::load(folder), pool, nullptr};
  }
  const auto bundle = std::make_shared<const Bundle<rt::Tensor>>(load_bundle<rt::Tensor>(folder));
  return {bundle->image_processor, [=](const rt::Tensor& x) { return encode_image(bundle->model, x).to_float(); },
          [=](std::span<const std::string> texts) { return embed_texts(*bundle, texts); }};
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) {
    fmt::print(stderr, "usage: bench_towers MODEL fp32|bf16|int8 THREADS < jobs\n");
    return 2;
  }
  rt::set_num_threads(std::atoi(words[3]));
  rt::set_precision(precision_of(words[2]));
  const Towers towers = load(words[1]);
  for (std::string kind, path, out; std::cin >> kind;) {
    int64_t batch = 0;
    int runs = 0;
    std::cin >> path >> batch >> runs >> out;
    if (kind == "images") {
      const rt::Tensor pixels = pixels_of(path, batch, towers.processor);
      timed(runs, out, [&] { return towers.images(pixels); });
    } else {
      const auto lines = lines_of(path);
      timed(runs, out, [&] {
        Embeds all;
        for (size_t i = 0; i < lines.size(); i += static_cast<size_t>(batch)) {
          const auto some = std::span(lines).subspan(i, std::min(static_cast<size_t>(batch), lines.size() - i));
          const Embeds embeds = towers.texts(some);
          all.insert(all.end(), embeds.begin(), embeds.end());
        }
        return all;
      });
    }
  }
}
