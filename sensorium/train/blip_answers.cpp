#include "sensorium/train/blip_answers.h"

#include "sensorium/models/blip/blip_writer.h"
#include "sensorium/models/reference_blip.h"
#include "sensorium/torch/decode.h"
#include "sensorium/torch/ops.h"
#include "sensorium/train/blip_losses.h"

#include <torch/torch.h>

#include <algorithm>

namespace sensorium {
namespace {

using torch::Tensor;

constexpr int64_t kEvaluationBatch = 32;
/// Answers that are scored whole, of those whose first word is likely: the paper's code takes 128.
constexpr int64_t kRanked = 128;

/// What the answers look at: the questions' states, row `rows[i]` for answer i.
BlipContext<Tensor> questions_for(const Tensor& states, const TokenBatch& questions, const std::vector<int64_t>& rows) {
  BlipContext<Tensor> context;
  context.states = states.index_select(0, torch::tensor(rows, torch::kLong).to(states.device()));
  context.mask = token_rows(questions, rows).attention_mask;
  return context;
}

/// An answer as the tokenizer writes it.
std::string plain(const TrainableBlip& blip, const std::string& answer) {
  const auto ids = blip.tokenizer->encode(answer, false);
  return blip.tokenizer->decode({ids.begin(), ids.end()});
}

/// Answers to questions over the states of their pictures.
std::vector<std::string> written_answers(const TrainableBlip& blip, const BlipContext<Tensor>& context, int64_t count,
                                         const BlipTrainOptions& options) {
  GenerationOptions writing = with_end({}, blip.model.config.text);
  writing.num_beams = options.validation_beams;
  writing.max_new_tokens = options.validation_tokens;
  BlipWriter<Tensor> writer(blip.model, context);
  const std::vector<int64_t> begin = begin_text(blip.model.config.text, {});
  std::vector<std::string> answers;
  for (const GeneratedText& text : generate(writer, std::vector(static_cast<size_t>(count), begin), writing)) {
    const std::span ids = std::span(text.ids).subspan(begin.size());
    answers.push_back(blip.tokenizer->decode(words_of(blip.model.config.text, ids)));
  }
  return answers;
}

/// The best of the closed answers, which `list` holds as the decoder takes them.
std::vector<std::string> ranked_answers(const TrainableBlip& blip, const BlipContext<Tensor>& context,
                                        const std::vector<std::string>& closed, const TokenBatch& list) {
  std::vector<std::string> answers;
  for (const auto& best : rank_answers(blip.model, context, list, kRanked))
    answers.push_back(closed[best.front().answer]);
  return answers;
}

double accuracy_of(const TrainableBlip& blip, const std::string& answer, const Question& question) {
  const std::string own = plain(blip, answer);
  const auto same = std::count_if(question.answers.begin(), question.answers.end(),
                                  [&](const std::string& other) { return plain(blip, other) == own; });
  return answer_accuracy(same, static_cast<int64_t>(question.answers.size()));
}

}  // namespace

Tensor answer_loss(const TrainableBlip& blip, const Tensor& states, const PairData& data,
                   const std::vector<int64_t>& questions, const BlipTrainOptions& options) {
  const TokenBatch asked = encoder_batch(blip, data.texts(questions), options);
  std::vector<std::string> texts;
  std::vector<int64_t> rows;
  std::vector<double> weights;
  for (size_t row = 0; row < questions.size(); ++row)
    for (const WeightedAnswer& answer : weighted_answers(question_of(data, questions[row]))) {
      texts.push_back(answer.text);
      rows.push_back(static_cast<int64_t>(row));
      weights.push_back(answer.weight / static_cast<double>(questions.size()));
    }
  const LanguageBatch answers = language_batch(blip, texts, options);
  const BlipContext<Tensor> context = questions_for(encode_questions<Tensor>(blip.model, asked, states), asked, rows);
  const Tensor logits = language_logits<Tensor>(blip.model, answers.tokens, context).to(torch::kFloat);
  return weighted_language_loss(logits, answers.labels, weights, options.label_smoothing);
}

Validation validate_answers(const TrainableBlip& blip, const PairData& data, ImageStates& states,
                            const std::vector<std::string>& closed, const BlipTrainOptions& options) {
  const int64_t pictures = options.validated_of(data.picture_count());
  const TokenBatch list = closed.empty() ? TokenBatch{} : language_batch(blip, closed, options).tokens;
  double sum = 0;
  int64_t questions = 0;
  std::string example;
  for (int64_t p = 0; p < pictures; ++p) {
    const Tensor picture = states.of(p, 1);
    const int64_t end = data.first_caption[static_cast<size_t>(p) + 1];
    for (int64_t first = data.first_caption[static_cast<size_t>(p)]; first < end; first += kEvaluationBatch) {
      std::vector<int64_t> some, rows;
      for (int64_t q = first; q < std::min(first + kEvaluationBatch, end); ++q)
        rows.push_back(static_cast<int64_t>(some.size())), some.push_back(q);
      const auto n = static_cast<int64_t>(some.size());
      const TokenBatch asked = encoder_batch(blip, data.texts(some), options);
      const Tensor seen = picture.expand({n, -1, -1});
      const BlipContext<Tensor> context = questions_for(encode_questions<Tensor>(blip.model, asked, seen), asked, rows);
      const std::vector<std::string> answers =
          closed.empty() ? written_answers(blip, context, n, options) : ranked_answers(blip, context, closed, list);
      for (size_t i = 0; i < answers.size(); ++i) sum += accuracy_of(blip, answers[i], question_of(data, some[i]));
      if (questions == 0) example = fmt::format("\"{}\" \"{}\"", data.text(some.front()), answers.front());
      questions += n;
    }
  }
  Validation found;
  found.score = sum / static_cast<double>(questions);
  found.figures = {{"pictures", pictures}, {"questions", questions}, {"accuracy", found.score}};
  found.scalars = {{"validation/accuracy", found.score}};
  found.line = fmt::format("accuracy {:.3f}  {}", found.score, example);
  return found;
}

}  // namespace sensorium
