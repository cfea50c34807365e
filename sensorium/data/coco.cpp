#include "sensorium/data/coco.h"

#include "sensorium/data/json_index.h"

#include <algorithm>
#include <map>
#include <unordered_set>

namespace sensorium {
namespace {

constexpr std::string_view kLists[] = {"images", "annotations", "categories"};
constexpr std::string_view kImageId[] = {"image_id"};
constexpr std::string_view kId[] = {"id"};

struct Coco {
  std::vector<fs::path> files;
  std::vector<std::string> splits;       // of each file
  std::vector<JsonIndex::Entry> images;  // in order, each id once
  JsonIndex annotations;
  std::map<int64_t, std::string> categories;
  uint64_t without_id = 0;  // images and annotations that have none
};

void index_file(const fs::path& file, uint32_t number, Coco& coco, std::unordered_set<int64_t>& known) {
  const auto found = for_each_json_element(file, kLists, [&](const JsonElement& element) {
    if (element.list == 2) {
      const Json category = parse_element(element, file);
      coco.categories[static_cast<int64_t>(number_member(category, "id"))] = text_member(category, "name");
      return true;
    }
    const auto id = integer_member(element.text, element.list == 0 ? kId : kImageId);
    if (!id)
      ++coco.without_id;
    else if (element.list == 1)
      coco.annotations.add(*id, element, number);
    else if (known.insert(*id).second)
      coco.images.push_back({*id, {element.offset, static_cast<uint32_t>(element.text.size())}, number});
    return true;
  });
  if (!found[0] || !found[1])
    throw InputError("data prepare",
                     "{}: expected an object with the lists \"images\" and \"annotations\" (COCO's "
                     "layout), got no \"{}\"",
                     file.string(), found[0] ? "annotations" : "images");
}

void add_annotation(const Json& annotation, const Coco& coco, const CaptionFilter& filter, Record& record,
                    Tally& tally) {
  if (annotation.contains("caption"))
    add_caption(record, filter, text_member(annotation, "caption"), filter.default_language, "caption", tally,
                record.id);
  if (!annotation.contains("bbox")) return;
  const Json& box = list_member(annotation, "bbox");
  const auto category = coco.categories.find(static_cast<int64_t>(number_member(annotation, "category_id")));
  if (category == coco.categories.end()) return tally.add("object of an unknown category", record.id);
  if (box.size() != 4 || !std::all_of(box.begin(), box.end(), [](const Json& v) { return v.is_number(); }))
    return tally.add("object without a box", record.id);
  PictureObject object;
  object.id = static_cast<int64_t>(number_member(annotation, "id"));
  object.name = category->second;
  object.box = {box[0].get<float>(), box[1].get<float>(), box[2].get<float>(), box[3].get<float>()};
  if (number_member(annotation, "iscrowd") != 0) object.attributes = {"crowd"};
  record.objects.push_back(std::move(object));
}

void read_coco(const Coco& coco, const std::string& name, const fs::path& images, const CaptionFilter& filter,
               const ItemSink& sink, Tally& tally) {
  std::vector<JsonElementFile> files;
  for (const fs::path& file : coco.files) files.emplace_back(file);
  uint64_t used = 0;
  for (const JsonIndex::Entry& image : coco.images) {
    const Json entry = files[image.file].read(image.place);
    const std::string file_name = text_member(entry, "file_name");
    const auto annotations = coco.annotations.find(image.id);
    used += annotations.size();
    if (file_name.empty()) {
      tally.add("row without a picture", fmt::format("{}: image {}", coco.files[image.file].string(), image.id));
      continue;
    }
    Item item;
    Record& record = item.record;
    record.source = name;
    record.id = name + "/" + file_name;
    record.image = (images / file_name).lexically_normal().string();
    record.url = text_member(entry, "coco_url");
    record.split = coco.splits[image.file];
    record.width = static_cast<int>(std::clamp(number_member(entry, "width"), 0.0, 1e9));
    record.height = static_cast<int>(std::clamp(number_member(entry, "height"), 0.0, 1e9));
    for (const JsonIndex::Entry& a : annotations)
      add_annotation(files[a.file].read(a.place), coco, filter, record, tally);
    sink(std::move(item));
  }
  for (uint64_t i = 0; i < coco.annotations.size() - used; ++i) tally.add("annotation of an unknown picture", name);
  for (uint64_t i = 0; i < coco.without_id; ++i) tally.add("row without an id", name);
}

}  // namespace

std::string split_in_name(const fs::path& file) {
  std::string name = file.stem().string();
  for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  for (const char* split : {"train", "val", "test"})
    if (name.find(split) != std::string::npos) return split;
  return "";
}

Source open_coco(const std::vector<fs::path>& files, const fs::path& images, const CaptionFilter& filter) {
  if (files.empty()) throw UsageError("data prepare", "expected an annotation file, got none");
  if (std::error_code error; !fs::is_directory(images, error))
    throw InputError("data prepare", "{}: expected the folder of the pictures, got nothing of that name",
                     images.string());
  const auto coco = std::make_shared<Coco>();
  std::unordered_set<int64_t> known;
  for (const fs::path& file : files) {
    index_file(file, static_cast<uint32_t>(coco->files.size()), *coco, known);
    coco->files.push_back(file);
    coco->splits.push_back(split_in_name(file));
  }
  coco->annotations.finish();
  const std::string name = files[0].stem().string();
  return {name, [=, images = fs::absolute(images)](const ItemSink& sink, Tally& tally) {
            read_coco(*coco, name, images, filter, sink, tally);
          }};
}

}  // namespace sensorium
