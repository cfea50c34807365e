#include "sensorium/apps/blip_command.h"

#include "sensorium/base/json.h"
#include "sensorium/models/pixel_tensor.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>

namespace sensorium {
namespace {

/// The pictures that the lines of a list name.
PictureStream walk_picture_list(const std::string& operation, const fs::path& list) {
  auto file = std::make_shared<std::ifstream>(list);
  if (!*file)
    throw InputError(operation, "{}: expected a list of pictures, got no file that can be read", list.string());
  return [=, line_number = int64_t{0}]() mutable -> std::optional<PictureItem> {
    for (std::string line; std::getline(*file, line);) {
      ++line_number;
      if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
      const std::string source = fmt::format("{}:{}", list.string(), line_number);
      const Json json = Json::parse(line, nullptr, false);
      if (!json.is_object())
        throw InputError(operation, "{}: expected a JSON object with \"image\", got {}", source, line.substr(0, 60));
      const fs::path image = json_get<std::string>(json, "image", source);
      const fs::path path = image.is_absolute() ? image : list.parent_path() / image;
      return PictureItem{path, json_get_or<std::string>(json, "id", path.string(), source)};
    }
    return std::nullopt;
  };
}

}  // namespace

void WritingOptions::describe(OptionSet& o) {
  o.field("beams", beams, "texts searched at once; 1: the most probable word at each step").range(1, 64);
  o.field("max_tokens", max_tokens, "tokens a text at most").range(1, 4096);
  o.field("min_tokens", min_tokens, "tokens a text at least").range(0, 4096);
  o.field("count", count, "texts a picture, best first (at most as many as beams)").range(1, 64);
  o.field("length_penalty", length_penalty, "beams: scores are divided by length to this power").range(-10, 10);
  o.field("early_stopping", early_stopping, "beams: end when enough are done (yes), or none can get better")
      .one_of({"no", "yes", "never"});
  o.field("repetition_penalty", repetition_penalty, "above 1: words that were used get less likely").range(0.01, 100);
  o.field("no_repeat_ngram", no_repeat_ngram, "no run of so many tokens twice; 0: may").range(0, 100);
  o.field("sample", sample, "draw words at random instead of searching");
  o.field("temperature", temperature, "sampling: above 1 wilder, below 1 tamer").range(0.01, 100);
  o.field("top_k", top_k, "sampling: among so many best words; 0: all").range(0, 1 << 24);
  o.field("top_p", top_p, "sampling: among the best words that make up this probability").range(0.0001, 1);
  o.field("min_p", min_p, "sampling: among words at least this likely, relative to the best").range(0, 1);
  o.field("seed", seed, "sampling: random seed");
}

GenerationOptions WritingOptions::generation(const BlipTextConfig& config) const {
  if (sample && count > 1) throw UsageError("generate", "expected --count 1 with --sample, got {}", count);
  if (count > beams) throw UsageError("generate", "expected a --count of at most --beams {}, got {}", beams, count);
  GenerationOptions g;
  g.max_new_tokens = max_tokens;
  g.min_new_tokens = min_tokens;
  g.num_beams = sample ? 1 : beams;
  g.num_return_sequences = count;
  g.length_penalty = length_penalty;
  g.early_stopping = early_stopping == "yes"     ? EarlyStopping::yes
                     : early_stopping == "never" ? EarlyStopping::never
                                                 : EarlyStopping::no;
  g.repetition_penalty = repetition_penalty;
  g.no_repeat_ngram_size = no_repeat_ngram;
  g.sample = sample;
  g.temperature = temperature;
  g.top_k = top_k;
  g.top_p = top_p;
  g.min_p = min_p;
  g.seed = seed;
  g = with_end(g, config);
  g.check();
  return g;
}

void PictureInputs::describe(OptionSet& o) {
  o.field("inputs", inputs, "pictures, folders of them, and lists X.jsonl of objects with \"image\"").positional();
  o.field("data", data, "prepared data folder, whose pictures are taken under the ids of their records");
  o.field("split", split, "its split; none: all of it");
}

PictureStream PictureInputs::open(const std::string& operation, uint64_t& total) const {
  if (inputs.empty() && data.empty()) throw UsageError(operation, "expected pictures, got none");
  if (!split.empty() && data.empty()) throw UsageError(operation, "expected --data with --split, got none");
  std::vector<PictureStream> streams;
  for (const std::string& input : inputs) {
    if (input.ends_with(".jsonl")) {
      streams.push_back(walk_picture_list(operation, input));
      continue;
    }
    for (const PictureStream count = walk_pictures({input}); count();) ++total;
    streams.push_back(walk_pictures({input}));
  }
  if (!data.empty()) {
    RecordFilter filter;
    if (!split.empty()) filter.splits = {split};
    filter.need_caption = false;
    streams.push_back(walk_manifest(data, filter));
    total = 0;
  }
  return chain(std::move(streams));
}

void for_each_pixels(const std::string& operation, PictureStream pictures, const ImageProcessor& processor,
                     const PictureOptions& options,
                     const std::function<void(const PixelBatch&, const rt::Tensor& pixels)>& use) {
  Tally skipped;
  size_t done = 0;
  decode_pictures(std::move(pictures), processor, options, skipped, [&](const PixelBatch& batch) {
    use(batch, pixel_tensor<rt::Tensor>(batch.pixels));
    done += batch.items.size();
  });
  warn_skipped(skipped);
  if (done == 0) throw InputError(operation, "expected a picture that can be read, got none of {}", skipped.total());
}

void print_json_line(const OrderedJson& line) {
  fmt::print("{}\n", line.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace sensorium
