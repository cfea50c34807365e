#include "sensorium/index/metadata_filter.h"

#include <algorithm>

namespace sensorium::index {
namespace {

constexpr size_t kLargestText = 65536;
constexpr int kLargestDepth = 16;
constexpr const char* kComparisons = "$eq, $ne, $gt, $gte, $lt, $lte, $in, $nin or $exists";

bool is_scalar(const Json& value) {
  return value.is_string() || value.is_number() || value.is_boolean() || value.is_null();
}

std::vector<std::string> split(const std::string& key) {
  std::vector<std::string> parts(1);
  for (const char c : key) {
    if (c == '.')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

/// What stands at the path, or null and `found` false.
const Json* value_at(const Json& metadata, const std::vector<std::string>& path) {
  const Json* at = &metadata;
  for (const std::string& key : path) {
    if (!at->is_object()) return nullptr;
    const auto it = at->find(key);
    if (it == at->end()) return nullptr;
    at = &*it;
  }
  return at;
}

bool equal(const Json& found, const Json& wanted) {
  if (found == wanted) return true;
  return found.is_array() && std::any_of(found.begin(), found.end(), [&](const Json& one) { return one == wanted; });
}

bool ordered(const Json& found, const std::string& operation, const Json& wanted) {
  const bool comparable = (found.is_number() && wanted.is_number()) || (found.is_string() && wanted.is_string());
  if (!comparable) return false;
  if (operation == "$gt") return found > wanted;
  if (operation == "$gte") return found >= wanted;
  if (operation == "$lt") return found < wanted;
  return found <= wanted;
}

[[noreturn]] void refuse(const char* expected, const std::string& key, const Json& value) {
  throw InputError("filter", "expected {} for \"{}\", got {}", expected, key,
                   value.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 80));
}

}  // namespace

MetadataFilter::MetadataFilter(const Json& condition) {
  if (condition.is_null()) return;
  text_ = condition.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text_.size() > kLargestText)
    throw InputError("filter", "expected a filter of at most {} bytes, got {}", kLargestText, text_.size());
  if (!condition.is_object()) throw InputError("filter", "expected a JSON object, got {}", text_.substr(0, 80));
  for (const auto& [key, value] : condition.items()) add(key, value, 1);
}

MetadataFilter::MetadataFilter(const Json& condition, int depth) {
  if (depth > kLargestDepth)
    throw InputError("filter", "expected at most {} conditions within each other, got more", kLargestDepth);
  for (const auto& [key, value] : condition.items()) add(key, value, depth);
}

void MetadataFilter::add(const std::string& key, const Json& value, int depth) {
  if (key == "$and" || key == "$or" || key == "$not") {
    Term term{{}, key, {}, {}};
    if (key == "$not" ? !value.is_object() : !value.is_array())
      refuse(key == "$not" ? "a condition" : "a list of conditions", key, value);
    if (key == "$not")
      term.parts.push_back(MetadataFilter(value, depth + 1));
    else
      for (const Json& part : value) {
        if (!part.is_object()) refuse("conditions", key, part);
        term.parts.push_back(MetadataFilter(part, depth + 1));
      }
    terms_.push_back(std::move(term));
  } else if (key.starts_with("$")) {
    throw InputError("filter", "expected a key, $and, $or or $not, got \"{}\"", key);
  } else if (value.is_object()) {
    for (const auto& [operation, wanted] : value.items()) add_comparison(key, operation, wanted);
  } else {
    add_comparison(key, "$eq", value);
  }
}

void MetadataFilter::add_comparison(const std::string& key, const std::string& operation, const Json& value) {
  if (operation == "$in" || operation == "$nin") {
    if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_scalar))
      refuse("a list of values", key, value);
  } else if (operation == "$gt" || operation == "$gte" || operation == "$lt" || operation == "$lte") {
    if (!value.is_number() && !value.is_string()) refuse("a number or a text", key, value);
  } else if (operation == "$exists") {
    if (!value.is_boolean()) refuse("true or false", key, value);
  } else if (operation == "$eq" || operation == "$ne") {
    if (!is_scalar(value)) refuse("a text, a number, true, false or null", key, value);
  } else {
    throw InputError("filter", "expected {} for \"{}\", got \"{}\"", kComparisons, key, operation);
  }
  terms_.push_back({split(key), operation, value, {}});
}

bool MetadataFilter::holds(const Term& term, const Json& metadata) {
  const auto part_matches = [&](const MetadataFilter& part) { return part.matches(metadata); };
  if (term.operation == "$and") return std::all_of(term.parts.begin(), term.parts.end(), part_matches);
  if (term.operation == "$or") return std::any_of(term.parts.begin(), term.parts.end(), part_matches);
  if (term.operation == "$not") return !term.parts.front().matches(metadata);
  const Json* found = value_at(metadata, term.path);
  if (term.operation == "$exists") return (found != nullptr) == term.value.get<bool>();
  const auto is_in = [&] {
    return found && std::any_of(term.value.begin(), term.value.end(), [&](const Json& w) { return equal(*found, w); });
  };
  if (term.operation == "$eq") return found && equal(*found, term.value);
  if (term.operation == "$ne") return !found || !equal(*found, term.value);
  if (term.operation == "$in") return is_in();
  if (term.operation == "$nin") return !is_in();
  return found && ordered(*found, term.operation, term.value);
}

bool MetadataFilter::matches(const Json& metadata) const {
  return std::all_of(terms_.begin(), terms_.end(), [&](const Term& term) { return holds(term, metadata); });
}

}  // namespace sensorium::index
