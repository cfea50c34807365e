#include "sensorium/apps/embed.h"

#include "sensorium/apps/embedding_file.h"
#include "sensorium/apps/trainer.h"
#include "sensorium/base/log.h"
#include "sensorium/base/options.h"
#include "sensorium/base/progress.h"
#include "sensorium/serve/model/embedder.h"
#include "sensorium/tensor/ops.h"

#include <cstdio>
#include <iostream>

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium embed",
    "Turns pictures and texts into vectors, in the order: pictures and folders, standard input, --data, texts.\n"
    "Pictures that cannot be decoded are skipped and counted. What is done is written at once, so that memory does\n"
    "not grow with the number of pictures. For what `train classifier` made, --model FOLDER --help lists other "
    "options.",
    "sensorium embed --model out/clip photos/ --output photos.npy\n"
    "sensorium embed --model out/clip --data out/data --split test --output test.npy\n"
    "sensorium embed --model out/clip --text \"a red car\" \"一只猫\" --output texts.jsonl"};

struct Options {
  std::string model, texts, output, data, split;
  std::vector<std::string> inputs, text;
  bool std_input = false, json = false;
  std::string std_input_kind = "texts";
  int batch_size = 32;
  RuntimeOptions runtime;
  void describe(OptionSet& o) {
    o.field("model", model, "checkpoint folder").required();
    o.field("inputs", inputs, "pictures, and folders of them").positional();
    o.field("data", data, "prepared data folder, whose pictures are embedded under the ids of their records");
    o.field("split", split, "its split; none: all of it");
    o.field("text", text, "texts");
    o.field("texts", texts, "file with a text a line");
    o.field("stdin", std_input, "also read lines of standard input");
    o.field("stdin_kind", std_input_kind, "what those lines are").one_of({"texts", "paths"});
    o.field("output", output, "X.npy (with X.ids.txt) or X.jsonl").required();
    o.field("batch_size", batch_size, "pictures or texts a batch").range(1, 4096);
    runtime.describe(o);
    o.field("json", json, "print the summary as JSON");
  }
};

/// Everything that is to be embedded: `pictures` is empty where there are to be none.
struct Work {
  PictureStream pictures;
  uint64_t total = 0;  // of them, where it is known
  std::vector<std::string> texts;
};

/// How many records the split has, 0 where the header does not say.
uint64_t records_of(const fs::path& data, const std::string& split) {
  const Json header = read_manifest_header(data);
  if (split.empty()) return json_get<uint64_t>(header, "records", (data / kManifestFile).string());
  const auto splits = header.find("splits");
  if (splits == header.end() || !splits->is_object() || !splits->contains(split)) return 0;
  return json_get<uint64_t>(*splits, split.c_str(), (data / kManifestFile).string());
}

PictureStream collect_pictures(const Options& options, uint64_t& total) {
  std::vector<PictureStream> streams;
  const bool piped = options.std_input && options.std_input_kind == "paths";
  if (!options.inputs.empty()) {
    total = count_pictures(options.inputs);
    if (total == 0 && !options.std_input && options.data.empty() && options.text.empty() && options.texts.empty())
      throw InputError(kInfo.name, "expected pictures in {}, got none", fmt::join(options.inputs, ", "));
    streams.push_back(walk_pictures(options.inputs));
  }
  if (piped) streams.push_back(walk_picture_lines(std::cin));
  if (!options.data.empty()) {
    RecordFilter filter;
    if (!options.split.empty()) filter.splits = {options.split};
    filter.need_caption = false;
    total += records_of(options.data, options.split);
    streams.push_back(walk_manifest(options.data, filter));
  }
  if (piped) total = 0;
  return streams.empty() ? PictureStream() : chain(std::move(streams));
}

Work collect(const Options& options) {
  if (!options.split.empty() && options.data.empty())
    throw UsageError(kInfo.name, "expected --data with --split, got none");
  Work work;
  work.pictures = collect_pictures(options, work.total);
  work.texts = options.text;
  if (!options.texts.empty())
    for (std::string& line : read_lines(options.texts)) work.texts.push_back(std::move(line));
  if (options.std_input && options.std_input_kind == "texts")
    for (std::string line; std::getline(std::cin, line);) {
      if (line.ends_with('\r')) line.pop_back();
      if (!line.empty()) work.texts.push_back(line);
    }
  if (!work.pictures && work.texts.empty()) throw UsageError(kInfo.name, "expected pictures or texts, got none");
  return work;
}

/// Returns how many pictures there were, broken ones among them.
uint64_t embed_pictures_into(const Embedder& model, Work& work, const Options& options, Tally& skipped,
                             EmbeddingWriter& writer) {
  const auto width = static_cast<size_t>(model.width);
  uint64_t good = 0;
  encode_pictures(std::move(work.pictures), *model.processor, model.encode_pixels,
                  {options.batch_size, options.runtime.threads, work.total}, skipped, [&](PictureBatch&& batch) {
                    for (size_t i = 0; i < batch.items.size(); ++i)
                      writer.add({std::move(batch.items[i].id), "image"}, {&batch.rows[i * width], width});
                    good += batch.items.size();
                  });
  return good + skipped.total();
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
                   uint64_t pictures) {
  if (options.json) {
    const OrderedJson summary{{"output", options.output},
                              {"count", writer.count()},
                              {"width", model.width},
                              {"pictures", pictures - skipped.total()},
                              {"skipped", skipped.total()},
                              {"reasons", skipped.to_json()},
                              {"precision", precision_name(rt::precision())}};
    fmt::print("{}\n", summary.dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    fmt::print("{} embeddings of width {} in {}\n", writer.count(), model.width, options.output);
  }
}

}  // namespace

int run_embed(const std::vector<std::string>& words) {
  hand_on_trained_classifier("embed", words);
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  Work work = collect(options);
  const Embedder model = load_embedder(options.model, options.runtime);
  if (work.pictures) require_pictures(model, kInfo.name, options.model);
  if (!work.texts.empty()) require_texts(model, kInfo.name, options.model);

  EmbeddingWriter writer(options.output, model.width);
  Tally skipped;
  const uint64_t pictures = work.pictures ? embed_pictures_into(model, work, options, skipped, writer) : 0;
  embed_texts_into(model, work.texts, options.batch_size, writer);
  warn_skipped(skipped);
  if (writer.count() == 0 && pictures == 0 && !options.data.empty())
    throw InputError(kInfo.name, "{}: expected pictures{}, got none", options.data,
                     options.split.empty() ? "" : fmt::format(" in the split \"{}\"", options.split));
  if (writer.count() == 0)
    throw InputError(kInfo.name, "expected a picture that can be read, got none of {}", pictures);
  writer.commit();
  print_summary(options, model, writer, skipped, pictures);
  return 0;
}

}  // namespace sensorium
