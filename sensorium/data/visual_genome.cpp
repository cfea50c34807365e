#include "sensorium/data/visual_genome.h"

#include "sensorium/data/json_index.h"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace sensorium {
namespace {

enum Part : size_t { kImages, kRegions, kObjects, kAttributes, kRelationships, kQuestions, kParts };
constexpr std::array<const char*, kParts> kFiles{"image_data.json",    "region_descriptions.json",
                                                 "objects.json",       "attributes.json",
                                                 "relationships.json", "question_answers.json"};
constexpr std::string_view kWholeFile[] = {""};
constexpr std::string_view kId[] = {"image_id", "id"};

struct VisualGenome {
  fs::path folder, images;
  std::array<JsonIndex, kParts> parts;
  std::vector<int64_t> order;  // ids of the pictures
  uint64_t without_id = 0;
  bool region_captions = false;
};

std::string tidy(const Json& object, const char* key) {
  bool valid = true;
  return tidy_text(text_member(object, key), valid);
}

/// "names": ["a", "b"] in some files and versions, "name": "a" in others.
std::string name_of(const Json& object) {
  const Json& names = list_member(object, "names");
  return !names.empty() && names[0].is_string() ? names[0].get<std::string>() : text_member(object, "name");
}

Box box_of(const Json& object) {
  const bool long_names = object.contains("width");  // regions say "width", objects "w"
  return {static_cast<float>(number_member(object, "x")), static_cast<float>(number_member(object, "y")),
          static_cast<float>(number_member(object, long_names ? "width" : "w")),
          static_cast<float>(number_member(object, long_names ? "height" : "h"))};
}

int64_t id_of(const Json& object) {
  const auto it = object.is_object() ? object.find("object_id") : object.end();
  return it != object.end() && it->is_number_integer() ? it->get<int64_t>() : 0;
}

/// The record's object of the same id, or a new one.
PictureObject& object_of(const Json& object, Record& record) {
  const int64_t id = id_of(object);
  const auto it = std::find_if(record.objects.begin(), record.objects.end(),
                               [&](const PictureObject& o) { return id != 0 && o.id == id; });
  if (it != record.objects.end()) return *it;
  return record.objects.emplace_back(PictureObject{id, name_of(object), box_of(object), {}});
}

void add_regions(const Json& entry, const CaptionFilter& filter, bool as_captions, Record& record, Tally& tally) {
  for (const Json& region : list_member(entry, "regions")) {
    std::string phrase = tidy(region, "phrase");
    if (phrase.empty()) {
      tally.add("empty caption", record.id);
      continue;
    }
    if (as_captions) add_caption(record, filter, phrase, filter.default_language, "region", tally, record.id);
    record.regions.push_back({std::move(phrase), box_of(region)});
  }
}

void add_objects(const Json& entry, const char* list, Record& record, Tally& tally) {
  for (const Json& object : list_member(entry, list)) {
    if (name_of(object).empty()) {
      tally.add("object without a name", record.id);
      continue;
    }
    PictureObject& known = object_of(object, record);
    for (const Json& attribute : list_member(object, "attributes"))
      if (attribute.is_string()) known.attributes.push_back(attribute.get<std::string>());
  }
}

void add_relations(const Json& entry, Record& record, Tally& tally) {
  for (const Json& relation : list_member(entry, "relationships")) {
    const Json none;
    const Json& subject = relation.contains("subject") ? relation["subject"] : none;
    const Json& object = relation.contains("object") ? relation["object"] : none;
    std::string predicate = tidy(relation, "predicate");
    if (!id_of(subject) || !id_of(object) || predicate.empty()) {
      tally.add("relation without a subject, object or predicate", record.id);
      continue;
    }
    object_of(subject, record);
    object_of(object, record);
    record.relations.push_back({id_of(subject), id_of(object), std::move(predicate)});
  }
}

void add_questions(const Json& entry, Record& record, Tally& tally) {
  for (const Json& qa : list_member(entry, "qas")) {
    std::string question = tidy(qa, "question"), answer = tidy(qa, "answer");
    if (question.empty() || answer.empty())
      tally.add("question without an answer", record.id);
    else
      record.questions.push_back({std::move(question), {std::move(answer)}, ""});
  }
}

/// Where the picture lies: the first of the usual places that exists, else as its address says.
fs::path picture_of(const fs::path& images, int64_t id, const std::string& url) {
  const std::string file = fmt::format("{}.jpg", id);
  std::vector<fs::path> places;
  if (const fs::path address(url); !url.empty()) places.push_back(images / address.parent_path().filename() / file);
  for (const char* folder : {"VG_100K", "VG_100K_2", ""}) places.push_back(images / folder / file);
  for (const fs::path& place : places)
    if (std::error_code error; fs::exists(place, error)) return place.lexically_normal();
  return places[0].lexically_normal();
}

void add_part(size_t part, const Json& entry, const VisualGenome& vg, const CaptionFilter& filter, Record& record,
              Tally& tally) {
  if (part == kImages) {
    record.url = text_member(entry, "url");
    record.width = static_cast<int>(std::clamp(number_member(entry, "width"), 0.0, 1e9));
    record.height = static_cast<int>(std::clamp(number_member(entry, "height"), 0.0, 1e9));
  }
  if (part == kRegions) add_regions(entry, filter, vg.region_captions, record, tally);
  if (part == kObjects) add_objects(entry, "objects", record, tally);
  if (part == kAttributes) add_objects(entry, "attributes", record, tally);
  if (part == kRelationships) add_relations(entry, record, tally);
  if (part == kQuestions) add_questions(entry, record, tally);
}

void read_visual_genome(const VisualGenome& vg, const CaptionFilter& filter, const ItemSink& sink, Tally& tally) {
  std::array<std::unique_ptr<JsonElementFile>, kParts> files;
  uint64_t used = vg.without_id, all = vg.without_id;
  for (size_t p = 0; p < kParts; ++p) {
    if (vg.parts[p].size()) files[p] = std::make_unique<JsonElementFile>(vg.folder / kFiles[p]);
    all += vg.parts[p].size();
  }
  for (const int64_t id : vg.order) {
    Item item;
    Record& record = item.record;
    record.source = "visual-genome";
    record.id = fmt::format("visual-genome/{}", id);
    for (size_t p = 0; p < kParts; ++p)
      for (const JsonIndex::Entry& entry : vg.parts[p].find(id)) {
        ++used;
        add_part(p, files[p]->read(entry.place), vg, filter, record, tally);
      }
    record.image = picture_of(vg.images, id, record.url).string();
    sink(std::move(item));
  }
  for (uint64_t i = 0; i < vg.without_id; ++i) tally.add("row without an id", vg.folder.string());
  for (uint64_t i = used; i < all; ++i) tally.add("annotation of an unknown picture", vg.folder.string());
}

void index_part(size_t part, VisualGenome& vg) {
  const fs::path file = vg.folder / kFiles[part];
  if (std::error_code error; !fs::exists(file, error)) return;
  const bool names_pictures = vg.order.empty();
  const bool found = for_each_json_element(file, kWholeFile, [&](const JsonElement& element) {
    const auto id = integer_member(element.text, kId);
    if (!id) ++vg.without_id;
    if (id) vg.parts[part].add(*id, element);
    if (id && names_pictures) vg.order.push_back(*id);
    return true;
  })[0];
  if (!found) throw InputError("data prepare", "{}: expected a list (Visual Genome's layout), got none", file.string());
  vg.parts[part].finish();
}

}  // namespace

bool is_visual_genome(const fs::path& folder) {
  std::error_code error;
  return std::any_of(kFiles.begin(), kFiles.end(),
                     [&](const char* f) { return fs::is_regular_file(folder / f, error); });
}

Source open_visual_genome(const fs::path& folder, const fs::path& images, bool region_captions,
                          const CaptionFilter& filter) {
  if (!is_visual_genome(folder))
    throw InputError("data prepare", "{}: expected a folder with {} or others of Visual Genome, got none",
                     folder.string(), kFiles[0]);
  const auto vg = std::make_shared<VisualGenome>();
  vg->folder = folder;
  vg->images = fs::absolute(images);
  vg->region_captions = region_captions;
  for (size_t p = 0; p < kParts; ++p) index_part(p, *vg);
  std::unordered_set<int64_t> known;
  std::erase_if(vg->order, [&](int64_t id) { return !known.insert(id).second; });
  return {"visual-genome", [=](const ItemSink& sink, Tally& tally) { read_visual_genome(*vg, filter, sink, tally); }};
}

}  // namespace sensorium
