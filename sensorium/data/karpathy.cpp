#include "sensorium/data/karpathy.h"

#include "sensorium/data/json_list.h"

namespace sensorium {
namespace {

constexpr std::string_view kLists[] = {"images"};

void read_entry(const Json& entry, const std::string& name, const fs::path& images, const CaptionFilter& filter,
                const ItemSink& sink, Tally& tally) {
  const std::string filename = text_member(entry, "filename");
  if (filename.empty()) return tally.add("row without a picture", entry.dump().substr(0, 80));
  const std::string within = (fs::path(text_member(entry, "filepath")) / filename).generic_string();
  Item item;
  Record& record = item.record;
  record.source = name;
  record.id = name + "/" + within;
  record.image = (images / within).lexically_normal().string();
  record.split = split_name(text_member(entry, "split"));
  for (const Json& sentence : list_member(entry, "sentences"))
    add_caption(record, filter, text_member(sentence, "raw"), filter.default_language, "caption", tally, record.id);
  sink(std::move(item));
}

}  // namespace

Source open_karpathy(const fs::path& file, const fs::path& images, const CaptionFilter& filter) {
  std::error_code error;
  if (!fs::is_regular_file(file, error))
    throw InputError("data prepare", "{}: expected a JSON file, got nothing of that name", file.string());
  if (!fs::is_directory(images, error))
    throw InputError("data prepare", "{}: expected the folder of the pictures, got nothing of that name",
                     images.string());
  uint64_t entries = 0;
  const bool found = for_each_json_element(file, kLists, [&](const JsonElement& element) {
    parse_element(element, file);
    ++entries;
    return true;
  })[0];
  if (!found || entries == 0)
    throw InputError("data prepare", "{}: expected an object with a list \"images\" (Karpathy's layout), got {}",
                     file.string(), found ? "an empty list" : "none");
  const std::string name = file.stem().string();
  return {name, [=, images = fs::absolute(images)](const ItemSink& sink, Tally& tally) {
            for_each_json_element(file, kLists, [&](const JsonElement& element) {
              read_entry(parse_element(element, file), name, images, filter, sink, tally);
              return true;
            });
          }};
}

}  // namespace sensorium
