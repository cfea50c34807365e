#include "sensorium/data/karpathy.h"

#include "sensorium/base/file.h"

#include <fstream>

namespace sensorium {
namespace {

/// Parses the file and calls `entry` for each element of the top-level list "images", which is then forgotten, like all
/// other top-level values. Returns whether there was such a list.
bool for_each_image(const fs::path& file, const std::function<void(const Json&)>& entry) {
  std::ifstream in(file);
  if (!in) throw InputError("data prepare", "{}: expected a readable file, got none", file.string());
  bool found = false, inside = false, object = false;
  const auto callback = [&](int depth, Json::parse_event_t event, Json& value) {
    using Event = Json::parse_event_t;
    if (depth == 0 && event == Event::object_start) object = true;
    if (depth == 1 && event == Event::key) inside = object && value == "images";
    if (depth == 1 && event == Event::array_start) found = found || inside;
    const bool ends = event == Event::object_end || event == Event::array_end || event == Event::value;
    if (depth == 2 && ends) {
      if (inside) entry(value);
      return false;
    }
    return true;
  };
  try {
    const Json rest = Json::parse(in, callback);
  } catch (const Json::exception& e) {
    throw InputError("data prepare", "{}: expected JSON, got: {}", file.string(), e.what());
  }
  return found;
}

std::string text_of(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

void read_entry(const Json& entry, const std::string& name, const fs::path& images, const CaptionFilter& filter,
                const ItemSink& sink, Tally& tally) {
  const std::string filename = entry.is_object() ? text_of(entry, "filename") : "";
  if (filename.empty()) return tally.add("row without a picture", entry.dump().substr(0, 80));
  const std::string within = (fs::path(text_of(entry, "filepath")) / filename).generic_string();
  Item item;
  Record& record = item.record;
  record.source = name;
  record.id = name + "/" + within;
  record.image = (images / within).lexically_normal().string();
  record.split = split_name(text_of(entry, "split"));
  if (const auto sentences = entry.find("sentences"); sentences != entry.end() && sentences->is_array())
    for (const Json& sentence : *sentences)
      if (sentence.is_object())
        add_caption(record, filter, text_of(sentence, "raw"), filter.default_language, "caption", tally, record.id);
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
  const bool found = for_each_image(file, [&](const Json&) { ++entries; });
  if (!found || entries == 0)
    throw InputError("data prepare", "{}: expected an object with a list \"images\" (Karpathy's layout), got {}",
                     file.string(), found ? "an empty list" : "none");
  const std::string name = file.stem().string();
  return {name, [=, images = fs::absolute(images)](const ItemSink& sink, Tally& tally) {
            for_each_image(file, [&](const Json& entry) { read_entry(entry, name, images, filter, sink, tally); });
          }};
}

}  // namespace sensorium
