#include "sensorium/index/postgres_filter.h"

namespace sensorium::index {
namespace {

std::string json_text(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// {"a": {"b": value}} for the path a, b.
Json nested(const std::vector<std::string>& path, Json value) {
  for (auto key = path.rbegin(); key != path.rend(); ++key) value = Json{{*key, std::move(value)}};
  return value;
}

/// What stands at the path, or NULL: only keys of objects, so "strict".
std::string value_at(const std::vector<std::string>& path, SqlValues& values) {
  std::string steps = "strict $";
  for (const std::string& key : path) steps += "." + json_text(key);
  return "jsonb_path_query_first(metadata, " + values.add(steps) + "::jsonpath, '{}', true)";
}

/// The value itself, or a list that has it.
std::string equals(const MetadataFilter::Term& term, const Json& wanted, SqlValues& values) {
  const auto contains = [&](Json value) {
    return "metadata @> " + values.add(json_text(nested(term.path, std::move(value)))) + "::jsonb";
  };
  const std::string alone = contains(wanted);
  return "(" + alone + " OR " + contains(Json::array({wanted})) + ")";
}

/// `parts` with a word between; nothing at all is `empty`.
std::string joined(const std::vector<std::string>& parts, const char* word, const char* empty) {
  if (parts.empty()) return empty;
  std::string all = "(" + parts.front();
  for (size_t i = 1; i < parts.size(); ++i) all += word + parts[i];
  return all + ")";
}

std::string is_in(const MetadataFilter::Term& term, SqlValues& values) {
  std::vector<std::string> parts;
  for (const Json& wanted : term.value) parts.push_back(equals(term, wanted, values));
  return joined(parts, " OR ", "false");
}

/// Numbers by value and texts by bytes; what is of another type is in no order.
std::string ordered(const MetadataFilter::Term& term, const char* sign, SqlValues& values) {
  const std::string value = value_at(term.path, values);
  const bool text = term.value.is_string();
  const std::string wanted = values.add(text ? term.value.get<std::string>() : json_text(term.value));
  const std::string holds = text ? "(" + value + " #>> '{}') COLLATE \"C\" " + sign + " " + wanted + "::text"
                                 : value + "::numeric " + sign + " " + wanted + "::numeric";
  return "CASE WHEN jsonb_typeof(" + value + ") = '" + (text ? "string" : "number") + "' THEN " + holds +
         " ELSE false END";
}

std::string condition(const MetadataFilter::Term& term, SqlValues& values) {
  const std::string& op = term.operation;
  std::vector<std::string> parts;
  for (const MetadataFilter& part : term.parts) parts.push_back(sql_condition(part, values));
  if (op == "$and") return joined(parts, " AND ", "true");
  if (op == "$or") return joined(parts, " OR ", "false");
  if (op == "$not") return "NOT " + parts.front();
  if (op == "$exists") return value_at(term.path, values) + (term.value.get<bool>() ? " IS NOT NULL" : " IS NULL");
  if (op == "$eq") return equals(term, term.value, values);
  if (op == "$ne") return "NOT " + equals(term, term.value, values);
  if (op == "$in") return is_in(term, values);
  if (op == "$nin") return "NOT " + is_in(term, values);
  return ordered(term, op == "$gt" ? ">" : op == "$gte" ? ">=" : op == "$lt" ? "<" : "<=", values);
}

}  // namespace

std::string sql_condition(const MetadataFilter& filter, SqlValues& values) {
  std::vector<std::string> parts;
  for (const MetadataFilter::Term& term : filter.terms()) parts.push_back(condition(term, values));
  return joined(parts, " AND ", "true");
}

}  // namespace sensorium::index
