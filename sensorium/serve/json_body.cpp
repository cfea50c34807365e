#include "sensorium/serve/json_body.h"

#include <simdjson.h>

namespace sensorium {
namespace {

Json converted(const simdjson::dom::element& element) {
  using simdjson::dom::element_type;
  switch (element.type()) {
    case element_type::ARRAY: {
      Json list = Json::array();
      for (const auto item : simdjson::dom::array(element)) list.push_back(converted(item));
      return list;
    }
    case element_type::OBJECT: {
      Json object = Json::object();
      for (const auto field : simdjson::dom::object(element)) object[std::string(field.key)] = converted(field.value);
      return object;
    }
    case element_type::STRING:
      return std::string_view(element);
    case element_type::INT64: {
      const auto value = int64_t(element);
      return value < 0 ? Json(value) : Json(static_cast<uint64_t>(value));
    }
    case element_type::UINT64:
      return uint64_t(element);
    case element_type::DOUBLE:
      return double(element);
    case element_type::BOOL:
      return bool(element);
    case element_type::NULL_VALUE:
      return nullptr;
  }
  return Json::value_t::discarded;
}

}  // namespace

std::optional<Json> parse_json_body(const std::string& text, bool& deep) {
  deep = false;
  simdjson::dom::parser parser;
  if (parser.allocate(text.size(), kDeepestBody) == simdjson::SUCCESS) {
    const auto read = parser.parse(text);
    if (read.error() == simdjson::SUCCESS) return converted(read.value_unsafe());
  }
  Json value = Json::parse(
      text,
      [&](int outside, Json::parse_event_t event, Json&) {
        using enum Json::parse_event_t;
        if ((event == array_start || event == object_start) && outside >= kDeepestBody) deep = true;
        return !deep;
      },
      false);
  if (value.is_discarded() || deep) return std::nullopt;
  return value;
}

}  // namespace sensorium
