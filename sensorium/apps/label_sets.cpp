#include "sensorium/apps/label_sets.h"

#include "sensorium/base/json.h"
#include "sensorium/serve/model/label_embeddings.h"

namespace sensorium {
namespace {

std::vector<std::string> list_of_set(const fs::path& file, const std::string& set) {
  const Json json = read_json(file);
  if (!json.is_object())
    throw InputError("labels", "{}: expected an object of lists, got another value", file.string());
  const auto found = json.find(set);
  if (found == json.end()) {
    std::string names;
    for (const auto& [name, list] : json.items()) names += (names.empty() ? "" : ", ") + name;
    throw UsageError("labels", "{}: expected --set to be one of {}, got \"{}\"", file.string(), names, set);
  }
  const auto texts = json_get<std::vector<std::string>>(json, set, file.string());
  if (texts.empty()) throw InputError("labels", "{}: expected texts in \"{}\", got none", file.string(), set);
  return texts;
}

}  // namespace

std::vector<std::string> read_label_set(const std::string& list_or_file, const std::string& set) {
  return list_or_file.ends_with(".json") ? list_of_set(list_or_file, set) : read_labels(list_or_file);
}

std::vector<std::string> read_template_set(const std::vector<std::string>& templates, const std::string& set) {
  if (templates.empty()) return {"a photo of a {}"};
  if (templates.size() != 1 || !templates[0].ends_with(".json")) return templates;
  std::vector<std::string> texts = list_of_set(templates[0], set);
  for (std::string& t : texts)
    if (const size_t at = t.find("{c}"); at != std::string::npos) t.replace(at, 3, "{}");
  return texts;
}

}  // namespace sensorium
