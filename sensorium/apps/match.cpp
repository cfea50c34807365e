#include "sensorium/apps/match.h"

#include "sensorium/apps/blip_command.h"
#include "sensorium/serve/model/blip_match.h"

#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium match",
    "Says how well texts fit pictures, with a BLIP matching model: by its matching head, which looks "
    "at both together, and by the contrast of their vectors.",
    "sensorium match --model out/matcher photo.jpg --text \"a dog on the beach\" \"two cats\"\n"
    "sensorium match --model out/matcher photos/ --texts captions.txt --json"};

struct Options {
  std::string model, texts;
  std::vector<std::string> text;
  PictureInputs pictures;
  int batch_size = 8;
  bool json = false;
  RuntimeOptions runtime;
  void describe(OptionSet& o) {
    o.field("model", model, "checkpoint folder of a matching model").required();
    pictures.describe(o);
    o.field("text", text, "texts, each held against each picture");
    o.field("texts", texts, "file with a text a line");
    o.field("batch_size", batch_size, "pictures a batch").range(1, 4096);
    runtime.describe(o);
    o.field("json", json, "print JSON, one object a pair");
  }
};

/// A list takes every word after its flag: files among the texts are pictures.
void move_pictures_from_texts(Options& options) {
  const auto is_file = [](const std::string& word) {
    std::error_code ignored;
    return fs::exists(word, ignored);
  };
  std::copy_if(options.text.begin(), options.text.end(), std::back_inserter(options.pictures.inputs), is_file);
  std::erase_if(options.text, is_file);
}

}  // namespace

int run_match(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  move_pictures_from_texts(options);
  std::vector<std::string> texts = options.text;
  if (!options.texts.empty())
    for (std::string& line : read_lines(options.texts)) texts.push_back(std::move(line));
  if (texts.empty()) throw UsageError(kInfo.name, "expected texts by --text or --texts, got none");
  uint64_t total = 0;
  PictureStream pictures = options.pictures.open(kInfo.name, total);
  const BlipModel model =
      load_blip_model(kInfo.name, options.model, {BlipKind::retrieval, BlipKind::pretraining}, options.runtime);
  const BlipTexts prepared = prepare_texts(kInfo.name, model, texts);
  for_each_pixels(
      kInfo.name, std::move(pictures), model.processor, {options.batch_size, options.runtime.threads, total},
      [&](const PixelBatch& batch, const rt::Tensor& pixels) {
        const std::vector<PictureItem>& items = batch.items;
        const auto scores = match_pictures(model, pixels, prepared);
        for (size_t i = 0; i < items.size(); ++i)
          for (size_t t = 0; t < texts.size(); ++t) {
            const MatchScore& s = scores[i * texts.size() + t];
            if (options.json)
              print_json_line(
                  {{"picture", items[i].id}, {"text", texts[t]}, {"match", s.probability}, {"cosine", s.cosine}});
            else
              fmt::print("{:.4f}  {:7.4f}  {}\t{}\n", s.probability, s.cosine, items[i].id, texts[t]);
          }
      });
  return 0;
}

}  // namespace sensorium
