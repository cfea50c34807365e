#include "sensorium/apps/ask.h"

#include "sensorium/apps/blip_command.h"
#include "sensorium/serve/model/embedder.h"

#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kInfo{"sensorium ask",
                        "Answers a question about pictures, with a BLIP question answerer: in its own words, or with "
                        "the best of a list of answers.",
                        "sensorium ask --model out/vqa photo.jpg --question \"what colour is the car?\"\n"
                        "sensorium ask --model out/vqa photos/ --question \"is it raining?\" --answers yes,no --json"};

struct Options {
  std::string model, question, answers;
  PictureInputs pictures;
  WritingOptions writing;
  int64_t candidates = 128, best = 1;
  int batch_size = 8;
  bool json = false;
  RuntimeOptions runtime;
  void describe(OptionSet& o) {
    o.field("model", model, "checkpoint folder of a question answerer").required();
    pictures.describe(o);
    o.field("question", question, "what is asked of each picture").required();
    o.field("answers", answers, "a,b,c or a file with an answer a line: rank these instead of writing");
    o.field("candidates", candidates, "answers, by their first word, that are scored whole").range(1, 1 << 20);
    o.field("best", best, "ranked answers shown a picture").range(1, 1 << 20);
    writing.describe(o);
    o.field("batch_size", batch_size, "pictures a batch").range(1, 4096);
    runtime.describe(o);
    o.field("json", json, "print JSON, one object a picture");
  }
};

std::vector<std::string> read_answers(const std::string& list) {
  std::error_code ignored;
  std::vector<std::string> answers;
  if (fs::is_regular_file(list, ignored)) {
    answers = read_lines(list);
  } else {
    for (size_t at = 0; at <= list.size();) {
      const size_t end = std::min(list.find(',', at), list.size());
      if (end > at) answers.push_back(list.substr(at, end - at));
      at = end + 1;
    }
  }
  if (answers.empty())
    throw UsageError(kInfo.name, "expected --answers a,b,c or a file with an answer a line, got \"{}\"", list);
  return answers;
}

/// Answers as the decoder learns them: bos instead of the tokenizer's first token.
TokenBatch answer_tokens(const BlipModel& model, const std::vector<std::string>& answers) {
  TokenBatch tokens = tokenize_texts(model.model.config, *model.tokenizer, answers, kInfo.name);
  for (int64_t r = 0; r < tokens.batch; ++r)
    tokens.input_ids[static_cast<size_t>(r * tokens.length)] = model.model.config.text.bos_token_id;
  return tokens;
}

/// The same question for each of n pictures: no padding, so no mask.
TokenBatch repeated(const TokenBatch& one, size_t n) {
  TokenBatch all{static_cast<int64_t>(n), one.length, {}, {}, {}};
  for (size_t i = 0; i < n; ++i) all.input_ids.insert(all.input_ids.end(), one.input_ids.begin(), one.input_ids.end());
  return all;
}

void print_ranked(const Options& options, const PictureItem& picture, const std::vector<std::string>& answers,
                  const std::vector<RankedAnswer>& ranked) {
  const size_t shown = std::min(ranked.size(), static_cast<size_t>(options.best));
  if (!options.json) {
    for (size_t i = 0; i < shown; ++i) fmt::print("{}\t{}\n", picture.id, answers[ranked[i].answer]);
    return;
  }
  OrderedJson list = OrderedJson::array();
  for (size_t i = 0; i < shown; ++i)
    list.push_back({{"answer", answers[ranked[i].answer]}, {"log_probability", ranked[i].log_probability}});
  print_json_line({{"picture", picture.id}, {"question", options.question}, {"answers", list}});
}

void print_written(const Options& options, const BlipModel& model, const PictureItem& picture,
                   std::span<const GeneratedText> texts) {
  if (!options.json) {
    for (const GeneratedText& t : texts) fmt::print("{}\t{}\n", picture.id, text_of(model, t.ids));
    return;
  }
  OrderedJson line{{"picture", picture.id}, {"question", options.question}, {"answer", text_of(model, texts[0].ids)}};
  for (const GeneratedText& t : texts.subspan(1)) line["others"].push_back(text_of(model, t.ids));
  print_json_line(line);
}

}  // namespace

int run_ask(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  const std::vector<std::string> answers =
      options.answers.empty() ? std::vector<std::string>{} : read_answers(options.answers);
  uint64_t total = 0, first = 0;
  PictureStream pictures = options.pictures.open(kInfo.name, total);
  const BlipModel model = load_blip_model(kInfo.name, options.model, {BlipKind::vqa}, options.runtime);
  const BlipConfig& config = model.model.config;
  const GenerationOptions generation = options.writing.generation(config.text);
  const TokenBatch question = tokenize_texts(config, *model.tokenizer, std::span(&options.question, 1), kInfo.name);
  const TokenBatch closed = answers.empty() ? TokenBatch{} : answer_tokens(model, answers);
  for_each_pixels(kInfo.name, std::move(pictures), model.processor,
                  {options.batch_size, options.runtime.threads, total},
                  [&](const PixelBatch& batch, const rt::Tensor& pixels) {
                    const std::vector<PictureItem>& items = batch.items;
                    const BlipContext<rt::Tensor> context{
                        encode_questions(model.model, repeated(question, items.size()), look(model, pixels)), {}};
                    if (!answers.empty()) {
                      const auto ranked = rank_answers(model.model, context, closed, options.candidates);
                      for (size_t i = 0; i < items.size(); ++i) print_ranked(options, items[i], answers, ranked[i]);
                      return;
                    }
                    BlipWriter<rt::Tensor> writer(model.model, context);
                    const auto texts =
                        generate(writer, std::vector(items.size(), begin_text(config.text, {})), generation, {}, first);
                    const size_t each = texts.size() / items.size();
                    for (size_t i = 0; i < items.size(); ++i)
                      print_written(options, model, items[i], std::span(texts).subspan(i * each, each));
                    first += items.size();
                  });
  return 0;
}

}  // namespace sensorium
