#include "sensorium/train/answer_data.h"

#include <algorithm>
#include <map>

namespace sensorium {

PairData load_question_pairs(const fs::path& manifest, const std::string& split) {
  RecordFilter filter;
  filter.splits = {split};
  filter.need_caption = false;
  PairData data{manifest, {}, {0}};
  for (Record& record : load_records(manifest, filter)) {
    std::erase_if(record.questions, [](const Question& q) { return q.answers.empty(); });
    if (record.questions.empty()) continue;
    record.captions.clear();
    for (const Question& q : record.questions) record.captions.push_back({q.text, "en", "question"});
    data.first_caption.push_back(data.first_caption.back() + static_cast<int64_t>(record.captions.size()));
    data.records.push_back(std::move(record));
  }
  if (data.picture_count() < 2)
    throw InputError("train", "{}: expected at least 2 pictures with answered questions of split \"{}\", got {}",
                     manifest.string(), split, data.picture_count());
  return data;
}

std::vector<WeightedAnswer> weighted_answers(const Question& question) {
  std::vector<WeightedAnswer> answers;
  const double share = 1 / static_cast<double>(question.answers.size());
  for (const std::string& text : question.answers) {
    const auto same = std::find_if(answers.begin(), answers.end(), [&](const auto& a) { return a.text == text; });
    if (same == answers.end())
      answers.push_back({text, share});
    else
      same->weight += share;
  }
  return answers;
}

const Question& question_of(const PairData& data, int64_t caption) {
  const auto record = static_cast<size_t>(data.owner(caption));
  return data.records[record].questions[static_cast<size_t>(caption - data.first_caption[record])];
}

std::vector<std::string> common_answers(const PairData& data, size_t most) {
  std::map<std::string, int64_t> numbers;
  for (const Record& record : data.records)
    for (const Question& q : record.questions)
      for (const std::string& answer : q.answers) ++numbers[answer];
  std::vector<std::string> answers;
  for (const auto& entry : numbers) answers.push_back(entry.first);
  std::stable_sort(answers.begin(), answers.end(),
                   [&](const auto& a, const auto& b) { return numbers[a] > numbers[b]; });
  answers.resize(std::min(answers.size(), most));
  return answers;
}

double answer_accuracy(int64_t same, int64_t all) {
  if (all < 4) return same > 0 ? 1 : 0;
  const auto of_others = [](int64_t n) { return std::min(1.0, static_cast<double>(n) / 3); };
  const auto n = static_cast<double>(all), s = static_cast<double>(same);
  return (s * of_others(std::max<int64_t>(same, 1) - 1) + (n - s) * of_others(same)) / n;
}

}  // namespace sensorium
