#include "sensorium/apps/embed.h"

#include "sensorium/apps/embedder.h"
#include "sensorium/apps/embedding_file.h"
#include "sensorium/base/log.h"
#include "sensorium/base/options.h"
#include "sensorium/base/progress.h"

#include <cstdio>
#include <iostream>

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium embed",
    "Turns pictures and texts into vectors, in the order: pictures and folders, --text, --texts, standard input.\n"
    "Pictures that cannot be decoded are skipped and counted.",
    "sensorium embed --model out/clip photos/ --output photos.npy\n"
    "sensorium embed --model out/clip --text \"a red car\" \"一只猫\" --output texts.jsonl"};

struct Options {
  std::string model, texts, output;
  std::vector<std::string> inputs, text;
  bool std_input = false, json = false;
  std::string std_input_kind = "texts";
  int batch_size = 32, threads = 0;
  void describe(OptionSet& o) {
    o.field("model", model, "checkpoint folder").required();
    o.field("inputs", inputs, "pictures, and folders of them").positional();
    o.field("text", text, "texts");
    o.field("texts", texts, "file with a text a line");
    o.field("stdin", std_input, "also read lines of standard input");
    o.field("stdin_kind", std_input_kind, "what those lines are").one_of({"texts", "paths"});
    o.field("output", output, "X.npy (with X.ids.txt) or X.jsonl").required();
    o.field("batch_size", batch_size, "pictures or texts a batch").range(1, 4096);
    o.field("threads", threads, "threads, 0 for one a processor").range(0, 1024);
    o.field("json", json, "print the summary as JSON");
  }
};

/// Everything that is to be embedded.
struct Work {
  std::vector<std::string> picture_inputs, texts;
};

Work collect(const Options& options) {
  Work work{options.inputs, options.text};
  if (!options.texts.empty())
    for (std::string& line : read_lines(options.texts)) work.texts.push_back(std::move(line));
  if (options.std_input) {
    auto& target = options.std_input_kind == "texts" ? work.texts : work.picture_inputs;
    for (std::string line; std::getline(std::cin, line);) {
      if (line.ends_with('\r')) line.pop_back();
      if (!line.empty()) target.push_back(line);
    }
  }
  if (work.picture_inputs.empty() && work.texts.empty())
    throw UsageError(kInfo.name, "expected pictures or texts, got none");
  return work;
}

void embed_texts_into(const Embedder& model, const std::vector<std::string>& texts, int batch_size,
                      EmbeddingWriter& writer) {
  Progress progress("texts", texts.size());
  const auto width = static_cast<size_t>(model.width);
  for (size_t first = 0; first < texts.size(); first += static_cast<size_t>(batch_size)) {
    const auto batch = std::span(texts).subspan(first, std::min(texts.size() - first, static_cast<size_t>(batch_size)));
    const std::vector<float> rows = model.encode_texts(batch);
    for (size_t i = 0; i < batch.size(); ++i) writer.add({batch[i], "text"}, {&rows[i * width], width});
    progress.advance(batch.size());
  }
}

void print_summary(const Options& options, const Embedder& model, const EmbeddingWriter& writer, const Tally& skipped,
                   size_t pictures) {
  uint64_t failed = 0;
  for (const auto& [reason, entry] : skipped.entries()) failed += entry.count;
  if (options.json) {
    const OrderedJson summary{{"output", options.output}, {"count", writer.count()},
                              {"width", model.width},     {"pictures", pictures - failed},
                              {"skipped", failed},        {"reasons", skipped.to_json()}};
    fmt::print("{}\n", summary.dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    fmt::print("{} embeddings of width {} in {}\n", writer.count(), model.width, options.output);
  }
}

}  // namespace

int run_embed(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  const Work work = collect(options);
  const auto pictures = find_pictures(work.picture_inputs);
  if (pictures.empty() && work.texts.empty())
    throw InputError(kInfo.name, "expected pictures in {}, got none", fmt::join(work.picture_inputs, ", "));
  const Embedder model = load_embedder(options.model, options.threads);
  if (!pictures.empty()) require_pictures(model, kInfo.name, options.model);
  if (!work.texts.empty()) require_texts(model, kInfo.name, options.model);

  EmbeddingWriter writer(options.output, model.width);
  Tally skipped;
  const auto width = static_cast<size_t>(model.width);
  if (!pictures.empty())
    encode_pictures(pictures, *model.processor, model.encode_pixels, {options.batch_size, options.threads}, skipped,
                    [&](PictureBatch&& batch) {
                      for (size_t i = 0; i < batch.indices.size(); ++i)
                        writer.add({pictures[batch.indices[i]].string(), "image"}, {&batch.rows[i * width], width});
                    });
  embed_texts_into(model, work.texts, options.batch_size, writer);
  warn_skipped(skipped);
  if (writer.count() == 0)
    throw InputError(kInfo.name, "expected a picture that can be read, got none of {}", pictures.size());
  writer.commit();
  print_summary(options, model, writer, skipped, pictures.size());
  return 0;
}

}  // namespace sensorium
