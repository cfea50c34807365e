#include "sensorium/apps/caption.h"

#include "sensorium/apps/blip_command.h"
#include "sensorium/models/rt/text_pieces.h"

#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kInfo{"sensorium caption",
                        "Says in words what is on pictures, with a BLIP captioner. Pictures that cannot be decoded are "
                        "skipped and counted.",
                        "sensorium caption --model out/captioner photos/\n"
                        "sensorium caption --model out/captioner photo.jpg --prompt \"a picture of\" --beams 5\n"
                        "sensorium caption --model out/captioner list.jsonl --sample --seed 7 --json\n"
                        "sensorium caption --model out/captioner photo.jpg --beams 1 --stream"};

struct Options {
  std::string model, prompt;
  PictureInputs pictures;
  WritingOptions writing;
  int batch_size = 8;
  bool json = false, stream = false;
  RuntimeOptions runtime;
  void describe(OptionSet& o) {
    o.field("model", model, "checkpoint folder of a captioner").required();
    pictures.describe(o);
    o.field("prompt", prompt, "words that the caption begins with");
    writing.describe(o);
    o.field("batch_size", batch_size, "pictures a batch").range(1, 4096);
    runtime.describe(o);
    o.field("json", json, "print JSON, one object a picture");
    o.field("stream", stream, "print each word as it is chosen, picture by picture (with --beams 1 or --sample)");
  }
  void check() const {
    if (!stream) return;
    if (json) throw UsageError(kInfo.name, "expected either --stream or --json, got both");
    if (writing.beams > 1 && !writing.sample)
      throw UsageError(kInfo.name,
                       "expected --beams 1 or --sample with --stream, got {} beams, whose words are known at "
                       "the end",
                       writing.beams);
  }
};

std::vector<int64_t> prompt_ids(const BlipModel& model, const std::string& prompt) {
  if (prompt.empty()) return begin_text(model.model.config.text, {});
  const std::vector<int64_t> ids =
      tokenize_texts(model.model.config, *model.tokenizer, std::span(&prompt, 1), kInfo.name).input_ids;
  return begin_text(model.model.config.text, ids);
}

void print_captions(const Options& options, const BlipModel& model, const PictureItem& picture,
                    std::span<const GeneratedText> texts) {
  if (!options.json) {
    for (const GeneratedText& t : texts) fmt::print("{}\t{}\n", picture.id, text_of(model, t.ids));
    return;
  }
  OrderedJson line{{"picture", picture.id}, {"caption", text_of(model, texts.front().ids)}};
  if (options.writing.beams > 1 && !options.writing.sample) line["score"] = texts.front().score;
  for (const GeneratedText& t : texts.subspan(1))
    line["others"].push_back({{"caption", text_of(model, t.ids)}, {"score", t.score}});
  print_json_line(line);
}

void print_piece(const std::string& piece) {
  fmt::print("{}", piece);
  std::fflush(stdout);
}

}  // namespace

int run_caption(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  options.check();
  uint64_t total = 0;
  PictureStream pictures = options.pictures.open(kInfo.name, total);
  const BlipModel model =
      load_blip_model(kInfo.name, options.model, {BlipKind::caption, BlipKind::pretraining}, options.runtime);
  const GenerationOptions generation = options.writing.generation(model.model.config.text);
  const std::vector<int64_t> prompt = prompt_ids(model, options.prompt);
  uint64_t first = 0;
  const int batch_size = options.stream ? 1 : options.batch_size;
  for_each_pixels(kInfo.name, std::move(pictures), model.processor, {batch_size, options.runtime.threads, total},
                  [&](const PixelBatch& batch, const rt::Tensor& pixels) {
                    const std::vector<PictureItem>& items = batch.items;
                    BlipWriter<rt::Tensor> writer(model.model, {look(model, pixels), {}});
                    GenerationHooks hooks;
                    TextPieces pieces(model, prompt);
                    if (options.stream) {
                      fmt::print("{}\t", items.front().id);
                      print_piece(pieces.begin());
                      hooks.on_token = [&](size_t, int64_t token) { print_piece(pieces.add(token)); };
                    }
                    const auto texts = generate(writer, std::vector(items.size(), prompt), generation, hooks, first);
                    const size_t each = texts.size() / items.size();
                    if (options.stream)
                      fmt::print("\n");
                    else
                      for (size_t i = 0; i < items.size(); ++i)
                        print_captions(options, model, items[i], std::span(texts).subspan(i * each, each));
                    std::fflush(stdout);
                    first += items.size();
                  });
  return 0;
}

}  // namespace sensorium
