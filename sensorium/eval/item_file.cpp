#include "sensorium/eval/item_file.h"

#include "sensorium/data/lines.h"

#include <cmath>
#include <set>

namespace sensorium {
namespace {

constexpr const char* kOperation = "read items";
constexpr const char* kFormat = "sensorium items";

std::string line_of(const OrderedJson& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

double finite(const Json& value, const std::string& source, const std::string& what) {
  if (!value.is_number() || !std::isfinite(value.get<double>()))
    throw InputError(kOperation, "{}: expected a number for {}, got {}", source, what, value.dump().substr(0, 40));
  return value.get<double>();
}

EvaluatedItem item_from(const Json& json, const std::string& source, size_t classes) {
  EvaluatedItem item;
  item.id = json_get<std::string>(json, "id", source);
  item.label = json_get_or<std::string>(json, "label", "", source);
  if (const auto figures = json.find("figures"); figures != json.end() && figures->is_object())
    for (const auto& [name, value] : figures->items()) item.figures[name] = finite(value, source, name);
  if (const auto scores = json.find("scores"); scores != json.end()) {
    if (!scores->is_array() || scores->size() != classes)
      throw InputError(kOperation, "{}: expected a list of {} scores, one a class, got {}", source, classes,
                       scores->is_array() ? fmt::format("{}", scores->size()) : scores->dump().substr(0, 40));
    for (const Json& s : *scores) item.scores.push_back(finite(s, source, "scores"));
  }
  return item;
}

}  // namespace

ItemWriter::ItemWriter(const fs::path& file, const OrderedJson& header) : file_(std::make_unique<AtomicFile>(file)) {
  OrderedJson first{{"format", kFormat}, {"version", 1}};
  first.update(header);
  file_->write(line_of(first));
}

void ItemWriter::add(const EvaluatedItem& item) {
  OrderedJson json{{"id", item.id}};
  if (!item.label.empty()) json["label"] = item.label;
  OrderedJson figures = OrderedJson::object();
  for (const auto& [name, value] : item.figures) figures[name] = value;
  json["figures"] = figures;
  if (!item.scores.empty()) json["scores"] = item.scores;
  file_->write(line_of(json));
}

void ItemWriter::commit() {
  file_->commit();
}

ItemFile read_items(const fs::path& file) {
  ItemFile out;
  LineReader lines(file);
  std::set<std::string> ids;
  for (std::string_view line; lines.next(line);) {
    const std::string source = fmt::format("{}:{}", file.string(), lines.number());
    if (lines.too_long())
      throw InputError(kOperation, "{}: expected a line of at most 16 MiB, got a longer one", source);
    if (line.empty()) continue;
    const Json json = parse_json(line, source);
    if (out.header.is_null()) {
      if (!json.is_object() || json.value("format", Json()) != kFormat || json.value("version", Json()) != 1)
        throw InputError(kOperation, "{}: expected a header with \"format\": \"{}\", \"version\": 1, got {}", source,
                         kFormat, line.substr(0, 60));
      out.header = json;
      out.task = json_get<std::string>(json, "task", source);
      if (json.contains("classes")) out.classes = json_get<std::vector<std::string>>(json, "classes", source);
      continue;
    }
    out.items.push_back(item_from(json, source, out.classes.size()));
    if (!ids.insert(out.items.back().id).second)
      throw InputError(kOperation, "{}: expected each id once, got \"{}\" again", source, out.items.back().id);
  }
  if (out.items.empty()) throw InputError(kOperation, "{}: expected a header and items, got none", file.string());
  return out;
}

}  // namespace sensorium
