#include "sensorium/eval/caption_files.h"

#include "sensorium/base/json.h"
#include "sensorium/data/lines.h"
#include "sensorium/data/manifest.h"

#include <algorithm>

namespace sensorium {
namespace {

constexpr const char* kOperation = "evaluate caption";

std::string id_of(const Json& object, const std::string& source) {
  for (const char* key : {"image_id", "id", "picture"}) {
    const auto found = object.find(key);
    if (found == object.end()) continue;
    if (found->is_string()) return found->get<std::string>();
    if (found->is_number_integer()) return found->dump();
    throw InputError(kOperation, "{}: expected a text or an integer for \"{}\", got {}", source, key,
                     found->dump().substr(0, 40));
  }
  throw InputError(kOperation, "{}: expected \"image_id\", \"id\" or \"picture\", got none", source);
}

void add(CaptionsById& out, const Json& object, const std::string& source) {
  if (!object.is_object())
    throw InputError(kOperation, "{}: expected an object with a caption, got {}", source, object.dump().substr(0, 40));
  std::vector<std::string>& own = out[id_of(object, source)];
  if (object.contains("captions"))
    for (std::string& text : json_get<std::vector<std::string>>(object, "captions", source))
      own.push_back(std::move(text));
  else
    own.push_back(json_get<std::string>(object, "caption", source));
}

CaptionsById from_list(const Json& list, const std::string& name) {
  CaptionsById out;
  for (size_t i = 0; i < list.size(); ++i) add(out, list[i], fmt::format("{}: item {}", name, i));
  return out;
}

/// The first character that is no space decides: a list, or lines of objects. An object that spans the file is COCO's.
char first_character(const fs::path& file) {
  BlockReader blocks(file);
  for (std::string_view block = blocks.next(); !block.empty(); block = blocks.next())
    if (const size_t at = block.find_first_not_of(" \t\r\n\xEF\xBB\xBF"); at != std::string_view::npos)
      return block[at];
  return 0;
}

CaptionsById from_lines(const fs::path& file) {
  CaptionsById out;
  LineReader lines(file);
  for (std::string_view line; lines.next(line);) {
    const std::string source = fmt::format("{}:{}", file.string(), lines.number());
    if (lines.too_long())
      throw InputError(kOperation, "{}: expected a line of at most 16 MiB, got a longer one", source);
    if (line.find_first_not_of(" \t") != std::string_view::npos) add(out, parse_json(line, source), source);
  }
  return out;
}

bool first_line_is_whole(const fs::path& file) {
  LineReader lines(file);
  std::string_view line;
  while (lines.next(line))
    if (line.find_first_not_of(" \t") != std::string_view::npos) break;
  const Json json = Json::parse(line, nullptr, false);
  return json.is_object() && !json.contains("annotations");
}

}  // namespace

CaptionsById read_captions(const fs::path& file) {
  const char first = first_character(file);
  CaptionsById out;
  if (first == '{' && first_line_is_whole(file)) {
    out = from_lines(file);
  } else if (first == '[' || first == '{') {
    const Json json = read_json(file);
    const auto annotations = json.is_object() ? json.find("annotations") : json.end();
    if (json.is_object() && (annotations == json.end() || !annotations->is_array()))
      throw InputError(kOperation, "{}: expected a list \"annotations\", got none", file.string());
    out = from_list(json.is_array() ? json : *annotations, file.string());
  } else {
    throw InputError(kOperation, "{}: expected captions as JSON or JSON lines, got something else", file.string());
  }
  if (out.empty()) throw InputError(kOperation, "{}: expected captions, got none", file.string());
  return out;
}

CaptionsById captions_of_manifest(const fs::path& folder, const std::string& split,
                                  const std::vector<std::string>& languages) {
  CaptionsById out;
  for_each_record(folder, {{split}, languages, {}, true}, [&](Record&& r) {
    for (Caption& c : r.captions) out[r.id].push_back(std::move(c.text));
  });
  if (out.empty())
    throw InputError(kOperation, "{}: expected captioned pictures in the split \"{}\", got none", folder.string(),
                     split);
  return out;
}

MatchedCaptions match_captions(const CaptionsById& candidates, const CaptionsById& references,
                               const std::string& source) {
  std::map<std::string, const std::vector<std::string>*> by_stem;  // nullptr: more than one
  for (const auto& [id, texts] : references)
    if (const auto [at, fresh] = by_stem.emplace(fs::path(id).stem().string(), &texts); !fresh) at->second = nullptr;
  MatchedCaptions out;
  for (const auto& [id, texts] : candidates) {
    if (texts.size() != 1)
      throw InputError(kOperation, "{}: expected one caption for \"{}\", got {}", source, id, texts.size());
    const auto exact = references.find(id);
    const std::vector<std::string>* own = exact != references.end() ? &exact->second : nullptr;
    if (own == nullptr)
      if (const auto near = by_stem.find(fs::path(id).stem().string()); near != by_stem.end()) own = near->second;
    if (own == nullptr || own->empty())
      throw InputError(kOperation, "{}: expected references for \"{}\", got none", source, id);
    out.ids.push_back(id);
    out.set.candidates.push_back(texts[0]);
    out.set.references.push_back(*own);
  }
  out.unused = references.size() - std::min(references.size(), out.ids.size());
  return out;
}

}  // namespace sensorium
