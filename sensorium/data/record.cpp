#include "sensorium/data/record.h"

#include <charconv>

namespace sensorium {
namespace {

const Json& list_of(const Json& object, const char* key, std::string_view source) {
  static const Json none = Json::array();
  const auto it = object.find(key);
  if (it == object.end()) return none;
  if (!it->is_array())
    throw InputError("manifest", "{}: expected a list for \"{}\", got {}", source, key, it->type_name());
  return *it;
}

uint64_t hash_from_hex(const std::string& text, std::string_view source) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size() || text.size() != 16)
    throw InputError("manifest", "{}: expected 16 hex digits for \"perceptual_hash\", got \"{}\"", source, text);
  return value;
}

}  // namespace

std::string hex64(uint64_t value) {
  return fmt::format("{:016x}", value);
}

OrderedJson to_json(const Record& record) {
  OrderedJson object{{"id", record.id},       {"source", record.source},
                     {"split", record.split}, {"image", record.image},
                     {"width", record.width}, {"height", record.height},
                     {"hash", record.hash},   {"perceptual_hash", hex64(record.perceptual_hash)}};
  if (!record.group.empty()) object["group"] = record.group;
  object["captions"] = OrderedJson::array();
  for (const Caption& c : record.captions)
    object["captions"].push_back(OrderedJson{{"text", c.text}, {"language", c.language}, {"source", c.source}});
  for (const Audio& a : record.audio) {
    OrderedJson entry{{"path", a.path}, {"kind", a.kind}};
    if (!a.language.empty()) entry["language"] = a.language;
    if (!a.transcript.empty()) entry["transcript"] = a.transcript;
    object["audio"].push_back(std::move(entry));
  }
  if (!record.tags.empty()) object["tags"] = record.tags;
  return object;
}

Record record_from_json(const Json& object, std::string_view source) {
  Record r;
  r.id = json_get<std::string>(object, "id", source);
  r.image = json_get<std::string>(object, "image", source);
  r.source = json_get_or<std::string>(object, "source", "", source);
  r.split = json_get_or<std::string>(object, "split", "", source);
  r.width = json_get_or<int>(object, "width", 0, source);
  r.height = json_get_or<int>(object, "height", 0, source);
  r.hash = json_get_or<std::string>(object, "hash", "", source);
  r.perceptual_hash =
      hash_from_hex(json_get_or<std::string>(object, "perceptual_hash", "0000000000000000", source), source);
  r.group = json_get_or<std::string>(object, "group", "", source);
  for (const Json& c : list_of(object, "captions", source))
    r.captions.push_back({json_get<std::string>(c, "text", source), json_get<std::string>(c, "language", source),
                          json_get_or<std::string>(c, "source", "", source)});
  for (const Json& a : list_of(object, "audio", source))
    r.audio.push_back({json_get<std::string>(a, "path", source), json_get<std::string>(a, "kind", source),
                       json_get_or<std::string>(a, "language", "", source),
                       json_get_or<std::string>(a, "transcript", "", source)});
  for (const Json& t : list_of(object, "tags", source)) {
    if (!t.is_string()) throw InputError("manifest", "{}: expected strings in \"tags\", got {}", source, t.type_name());
    r.tags.push_back(t.get<std::string>());
  }
  return r;
}

}  // namespace sensorium
