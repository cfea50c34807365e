#include "sensorium/data/record.h"

#include "sensorium/data/json_text.h"

#include <algorithm>
#include <charconv>

namespace sensorium {
namespace {

void append_list(std::string& out, const std::vector<std::string>& list) {
  out += '[';
  for (const std::string& text : list) {
    if (&text != list.data()) out += ',';
    append_json_text(out, text);
  }
  out += ']';
}

void append_box(std::string& out, const Box& box) {
  fmt::format_to(std::back_inserter(out), "[{},{},{},{}]", box.x, box.y, box.width, box.height);
}

/// "key":"text", with a comma before it unless it is the first of its object; nothing for an empty optional text.
void append_text(std::string& out, std::string_view key, std::string_view text, bool optional = true) {
  if (optional && text.empty()) return;
  if (out.back() != '{') out += ',';
  out += '"';
  out += key;
  out += "\":";
  append_json_text(out, text);
}

/// "key":[{...},{...}], `one` writing what stands between the braces; nothing for an empty list.
template <class List, class One>
void append_objects(std::string& out, std::string_view key, const List& list, const One& one) {
  if (list.empty()) return;
  out += ",\"";
  out += key;
  out += "\":[";
  for (const auto& entry : list) {
    out += &entry == list.data() ? "{" : ",{";
    one(entry);
    out += '}';
  }
  out += ']';
}

void append_picture(std::string& out, const Record& r) {
  append_text(out, "image", r.image);
  append_text(out, "url", r.url);
  if (!r.image.empty() || r.width)
    fmt::format_to(std::back_inserter(out), ",\"width\":{},\"height\":{}", r.width, r.height);
  append_text(out, "hash", r.hash, r.image.empty());
  if (!r.image.empty()) append_text(out, "perceptual_hash", hex64(r.perceptual_hash));
  append_text(out, "colours", r.colours);
  append_text(out, "group", r.group);
}

void append_annotations(std::string& out, const Record& r) {
  append_text(out, "label", r.label);
  append_objects(out, "regions", r.regions, [&](const Region& region) {
    append_text(out, "text", region.text);
    out += ",\"box\":";
    append_box(out, region.box);
  });
  append_objects(out, "objects", r.objects, [&](const PictureObject& object) {
    append_text(out, "name", object.name, false);
    if (object.id) fmt::format_to(std::back_inserter(out), ",\"id\":{}", object.id);
    out += ",\"box\":";
    append_box(out, object.box);
    if (object.attributes.empty()) return;
    out += ",\"attributes\":";
    append_list(out, object.attributes);
  });
  append_objects(out, "relations", r.relations, [&](const Relation& relation) {
    fmt::format_to(std::back_inserter(out), "\"subject\":{},\"object\":{}", relation.subject, relation.object);
    append_text(out, "predicate", relation.predicate, false);
  });
  append_objects(out, "questions", r.questions, [&](const Question& question) {
    append_text(out, "text", question.text, false);
    out += ",\"answers\":";
    append_list(out, question.answers);
    append_text(out, "type", question.type);
  });
}

const Json& list_of(const Json& object, const char* key, std::string_view source) {
  static const Json none = Json::array();
  const auto it = object.find(key);
  if (it == object.end()) return none;
  if (!it->is_array())
    throw InputError("manifest", "{}: expected a list for \"{}\", got {}", source, key, it->type_name());
  return *it;
}

std::vector<std::string> texts_of(const Json& object, const char* key, std::string_view source) {
  std::vector<std::string> texts;
  for (const Json& t : list_of(object, key, source)) {
    if (!t.is_string())
      throw InputError("manifest", "{}: expected strings in \"{}\", got {}", source, key, t.type_name());
    texts.push_back(t.get<std::string>());
  }
  return texts;
}

Box box_of(const Json& object, std::string_view source) {
  const Json& list = list_of(object, "box", source);
  if (list.size() != 4 || !std::all_of(list.begin(), list.end(), [](const Json& v) { return v.is_number(); }))
    throw InputError("manifest", "{}: expected four numbers for \"box\", got {}", source, list.dump().substr(0, 80));
  return {list[0].get<float>(), list[1].get<float>(), list[2].get<float>(), list[3].get<float>()};
}

uint64_t hash_from_hex(const std::string& text, std::string_view source) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size() || text.size() != 16)
    throw InputError("manifest", "{}: expected 16 hex digits for \"perceptual_hash\", got \"{}\"", source, text);
  return value;
}

void read_annotations(const Json& object, Record& r, std::string_view source) {
  r.label = json_get_or<std::string>(object, "label", "", source);
  for (const Json& g : list_of(object, "regions", source))
    r.regions.push_back({json_get<std::string>(g, "text", source), box_of(g, source)});
  for (const Json& o : list_of(object, "objects", source))
    r.objects.push_back({json_get_or<int64_t>(o, "id", 0, source), json_get<std::string>(o, "name", source),
                         box_of(o, source), texts_of(o, "attributes", source)});
  for (const Json& l : list_of(object, "relations", source))
    r.relations.push_back({json_get<int64_t>(l, "subject", source), json_get<int64_t>(l, "object", source),
                           json_get<std::string>(l, "predicate", source)});
  for (const Json& q : list_of(object, "questions", source))
    r.questions.push_back({json_get<std::string>(q, "text", source), texts_of(q, "answers", source),
                           json_get_or<std::string>(q, "type", "", source)});
}

}  // namespace

std::string hex64(uint64_t value) {
  return fmt::format("{:016x}", value);
}

std::array<uint64_t, 2> hash_words(std::string_view hex) {
  std::array<uint64_t, 2> words{};
  if (hex.size() != 32) return words;
  for (size_t i = 0; i < 2; ++i) std::from_chars(hex.data() + 16 * i, hex.data() + 16 * (i + 1), words[i], 16);
  return words;
}

void append_json(std::string& out, const Record& r) {
  out += '{';
  append_text(out, "id", r.id, false);
  append_text(out, "source", r.source, false);
  append_text(out, "split", r.split, false);
  append_picture(out, r);
  out += ",\"captions\":[";
  for (const Caption& c : r.captions) {
    out += &c == r.captions.data() ? "{" : ",{";
    append_text(out, "text", c.text, false);
    append_text(out, "language", c.language, false);
    append_text(out, "source", c.source, false);
    out += '}';
  }
  out += ']';
  append_objects(out, "audio", r.audio, [&](const Audio& a) {
    append_text(out, "path", a.path, false);
    append_text(out, "kind", a.kind, false);
    append_text(out, "language", a.language);
    append_text(out, "transcript", a.transcript);
  });
  if (!r.tags.empty()) {
    out += ",\"tags\":";
    append_list(out, r.tags);
  }
  append_annotations(out, r);
  out += '}';
}

Record record_from_json(const Json& object, std::string_view source) {
  Record r;
  r.id = json_get<std::string>(object, "id", source);
  r.url = json_get_or<std::string>(object, "url", "", source);
  r.image = r.url.empty() ? json_get<std::string>(object, "image", source)
                          : json_get_or<std::string>(object, "image", "", source);
  r.source = json_get_or<std::string>(object, "source", "", source);
  r.split = json_get_or<std::string>(object, "split", "", source);
  r.width = json_get_or<int>(object, "width", 0, source);
  r.height = json_get_or<int>(object, "height", 0, source);
  r.hash = json_get_or<std::string>(object, "hash", "", source);
  r.perceptual_hash =
      hash_from_hex(json_get_or<std::string>(object, "perceptual_hash", "0000000000000000", source), source);
  r.colours = json_get_or<std::string>(object, "colours", "", source);
  r.group = json_get_or<std::string>(object, "group", "", source);
  for (const Json& c : list_of(object, "captions", source))
    r.captions.push_back({json_get<std::string>(c, "text", source), json_get<std::string>(c, "language", source),
                          json_get_or<std::string>(c, "source", "", source)});
  for (const Json& a : list_of(object, "audio", source))
    r.audio.push_back({json_get<std::string>(a, "path", source), json_get<std::string>(a, "kind", source),
                       json_get_or<std::string>(a, "language", "", source),
                       json_get_or<std::string>(a, "transcript", "", source)});
  r.tags = texts_of(object, "tags", source);
  read_annotations(object, r, source);
  return r;
}

}  // namespace sensorium
