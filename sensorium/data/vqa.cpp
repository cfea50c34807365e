#include "sensorium/data/vqa.h"

#include "sensorium/data/coco.h"
#include "sensorium/data/json_index.h"

#include <algorithm>
#include <map>
#include <unordered_set>

namespace sensorium {
namespace {

constexpr std::string_view kQuestions[] = {"questions"};
constexpr std::string_view kAnnotations[] = {"annotations"};
constexpr std::string_view kImageId[] = {"image_id"};
constexpr std::string_view kQuestionId[] = {"question_id"};

struct Vqa {
  fs::path questions, annotations, images;
  JsonIndex by_image, by_question;
  std::vector<int64_t> order;  // of pictures
  uint64_t without_id = 0;
};

void index_list(const fs::path& file, std::span<const std::string_view> list, std::span<const std::string_view> key,
                JsonIndex& index, uint64_t& without_id) {
  const bool found = for_each_json_element(file, list, [&](const JsonElement& element) {
    if (const auto id = integer_member(element.text, key))
      index.add(*id, element);
    else
      ++without_id;
    return true;
  })[0];
  if (!found)
    throw InputError("data prepare", "{}: expected an object with a list \"{}\" (VQA's layout), got none",
                     file.string(), list[0]);
}

/// "train2014" in "v2_OpenEnded_mscoco_train2014_questions.json".
std::string part_in_name(const fs::path& file) {
  const std::string name = file.stem().string();
  for (const char* split : {"train", "val", "test"}) {
    const size_t at = name.find(split);
    if (at != std::string::npos) return name.substr(at, name.find_first_of("_-.", at) - at);
  }
  return "";
}

fs::path picture_of(const Vqa& vqa, int64_t id) {
  const std::string part = part_in_name(vqa.questions), plain = fmt::format("{:012}.jpg", id);
  const std::string named = part.empty() ? plain : fmt::format("COCO_{}_{}", part, plain);
  for (const fs::path& place : {vqa.images / named, vqa.images / part / named, vqa.images / plain})
    if (std::error_code error; fs::exists(place, error)) return place.lexically_normal();
  return (vqa.images / named).lexically_normal();
}

/// All answers, the most common first, then in the file's order.
std::vector<std::string> answers_of(const Json& annotation) {
  std::vector<std::string> answers;
  std::map<std::string, int> count;
  bool valid = true;
  for (const Json& answer : list_member(annotation, "answers"))
    if (std::string text = tidy_text(text_member(answer, "answer"), valid); !text.empty()) {
      ++count[text];
      answers.push_back(std::move(text));
    }
  const std::string chosen = tidy_text(text_member(annotation, "multiple_choice_answer"), valid);
  if (answers.empty() && !chosen.empty()) return {chosen};
  const auto rank = [&](const std::string& a) { return std::pair(a != chosen, -count[a]); };
  std::stable_sort(answers.begin(), answers.end(),
                   [&](const std::string& a, const std::string& b) { return rank(a) < rank(b); });
  return answers;
}

void read_vqa(const Vqa& vqa, const std::string& name, const ItemSink& sink, Tally& tally) {
  JsonElementFile questions(vqa.questions);
  std::unique_ptr<JsonElementFile> annotations;
  if (!vqa.annotations.empty()) annotations = std::make_unique<JsonElementFile>(vqa.annotations);
  const std::string split = split_in_name(vqa.questions);
  for (const int64_t id : vqa.order) {
    Item item;
    Record& record = item.record;
    record.source = name;
    record.id = fmt::format("{}/{:012}", name, id);
    record.image = picture_of(vqa, id).string();
    record.split = split;
    for (const JsonIndex::Entry& entry : vqa.by_image.find(id)) {
      const Json json = questions.read(entry.place);
      bool valid = true;
      Question question{tidy_text(text_member(json, "question"), valid), {}, ""};
      if (question.text.empty()) {
        tally.add("empty question", record.id);
        continue;
      }
      const auto found = vqa.by_question.find(static_cast<int64_t>(number_member(json, "question_id")));
      if (!found.empty()) {
        const Json annotation = annotations->read(found[0].place);
        question.answers = answers_of(annotation);
        question.type = text_member(annotation, "answer_type");
      }
      if (annotations && question.answers.empty()) tally.add("question without an answer", record.id);
      record.questions.push_back(std::move(question));
    }
    sink(std::move(item));
  }
  for (uint64_t i = 0; i < vqa.without_id; ++i) tally.add("row without an id", name);
}

}  // namespace

Source open_vqa(const fs::path& questions, const fs::path& annotations, const fs::path& images) {
  if (std::error_code error; !fs::is_directory(images, error))
    throw InputError("data prepare", "{}: expected the folder of the pictures, got nothing of that name",
                     images.string());
  const auto vqa = std::make_shared<Vqa>();
  vqa->questions = questions;
  vqa->annotations = annotations;
  vqa->images = fs::absolute(images);
  index_list(questions, kQuestions, kImageId, vqa->by_image, vqa->without_id);
  std::unordered_set<int64_t> known;
  for (const JsonIndex::Entry& entry : vqa->by_image.entries())
    if (known.insert(entry.id).second) vqa->order.push_back(entry.id);
  vqa->by_image.finish();
  if (!annotations.empty()) {
    index_list(annotations, kAnnotations, kQuestionId, vqa->by_question, vqa->without_id);
    vqa->by_question.finish();
  }
  const std::string name = questions.stem().string();
  return {name, [=](const ItemSink& sink, Tally& tally) { read_vqa(*vqa, name, sink, tally); }};
}

}  // namespace sensorium
