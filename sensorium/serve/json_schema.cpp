#include "sensorium/serve/json_schema.h"

#include "sensorium/serve/http_message.h"

#include <algorithm>
#include <cmath>

namespace sensorium {
namespace {

std::string shown(const Json& value) {
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

bool has_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  if (type == "number") return value.is_number();
  if (type != "integer") return false;
  if (value.is_number_float()) {
    const auto x = value.get<double>();
    return x == std::floor(x) && std::abs(x) < 9e15;
  }
  return value.is_number_integer();
}

std::string article(const std::string& type) {
  if (type == "null") return "null";
  return (type[0] == 'a' || type[0] == 'i' || type[0] == 'o' ? "an " : "a ") + type;
}

/// The schema in words.
std::string expected(const OrderedJson& schema) {
  if (schema.contains("anyOf")) {
    std::string text;
    for (const OrderedJson& one : schema["anyOf"]) text += (text.empty() ? "" : " or ") + expected(one);
    return text;
  }
  if (schema.contains("enum")) return "one of " + schema["enum"].dump();
  return schema.contains("type") ? article(schema["type"].get<std::string>()) : "something else";
}

class Checker {
 public:
  void check(const OrderedJson& schema, const Json& value, const std::string& name) {
    if (schema.contains("anyOf")) return check_any(schema, value, name);
    if (schema.contains("type") && !has_type(value, schema["type"].get<std::string>()))
      fail(name, expected(schema), shown(value));
    if (schema.contains("enum") && std::none_of(schema["enum"].begin(), schema["enum"].end(),
                                                [&](const OrderedJson& e) { return Json(e) == value; }))
      fail(name, expected(schema), shown(value));
    if (value.is_object()) check_object(schema, value, name);
    if (value.is_array()) check_array(schema, value, name);
    if (value.is_string()) check_string(schema, value.get_ref<const std::string&>(), name);
    if (value.is_number()) check_number(schema, value, name);
  }

 private:
  [[noreturn]] static void fail(const std::string& name, const std::string& wanted, const std::string& got) {
    const std::string what = name.empty() ? "body" : name;
    throw ApiError(400, fmt::format("{}: expected {}, got {}", what, wanted, got), "invalid_value", name);
  }

  /// The one whose type fits says what is wrong; none fits: all are named.
  void check_any(const OrderedJson& schema, const Json& value, const std::string& name) {
    const OrderedJson* close = nullptr;
    for (const OrderedJson& one : schema["anyOf"]) {
      if (one.contains("type") && !has_type(value, one["type"].get<std::string>())) continue;
      try {
        return check(one, value, name);
      } catch (const ApiError&) {
        if (!close) close = &one;
      }
    }
    if (!close) fail(name, expected(schema), shown(value));
    check(*close, value, name);
  }

  void check_object(const OrderedJson& schema, const Json& value, const std::string& name) {
    if (!schema.contains("properties")) return;
    const OrderedJson& properties = schema["properties"];
    if (schema.contains("required"))
      for (const OrderedJson& r : schema["required"]) {
        const auto key = r.get<std::string>();
        if (!value.contains(key)) fail(inside(name, key), "a value", "none");
      }
    for (const auto& [key, member] : value.items()) {
      const auto found = properties.find(key);
      if (found != properties.end()) {
        check(*found, member, inside(name, key));
      } else if (schema.contains("additionalProperties") && schema["additionalProperties"] == false) {
        std::string known;
        for (const auto& [k, unused] : properties.items()) known += (known.empty() ? "" : ", ") + k;
        fail(inside(name, key).substr(0, 80), "one of the fields " + known, "a field of another name");
      }
    }
  }

  void check_array(const OrderedJson& schema, const Json& value, const std::string& name) {
    const auto n = value.size();
    if (schema.contains("minItems") && n < schema["minItems"].get<size_t>())
      fail(name, fmt::format("at least {} items", schema["minItems"].get<size_t>()), std::to_string(n));
    if (schema.contains("maxItems") && n > schema["maxItems"].get<size_t>())
      fail(name, fmt::format("at most {} items", schema["maxItems"].get<size_t>()), std::to_string(n));
    if (!schema.contains("items")) return;
    for (size_t i = 0; i < n; ++i) check(schema["items"], value[i], fmt::format("{}[{}]", name, i));
  }

  static void check_string(const OrderedJson& schema, const std::string& text, const std::string& name) {
    const auto least = schema.value("minLength", size_t{0}), most = schema.value("maxLength", text.size());
    if (text.size() >= 4 * least && text.size() <= most) return;  // a character is one to four bytes
    const auto characters =                                       // code points, as JSON Schema counts them
        static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
    if (characters < least) fail(name, "a string that is not empty", "\"\"");
    if (characters > most) fail(name, fmt::format("at most {} characters", most), std::to_string(characters));
  }

  static void check_number(const OrderedJson& schema, const Json& value, const std::string& name) {
    const auto x = value.get<double>();
    const bool low = schema.contains("minimum") && x < schema["minimum"].get<double>();
    const bool high = schema.contains("maximum") && x > schema["maximum"].get<double>();
    if (low || high)
      fail(name, fmt::format("a number from {} to {}", schema["minimum"].dump(), schema["maximum"].dump()),
           shown(value));
  }

  static std::string inside(const std::string& name, const std::string& key) {
    return name.empty() ? key : name + "." + key;
  }
};

}  // namespace

void check_schema(const OrderedJson& schema, const Json& value, const std::string& name) {
  Checker().check(schema, value, name);
}

OrderedJson object_schema(const OrderedJson& properties, const std::vector<std::string>& required) {
  OrderedJson schema{{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = required;
  return schema;
}

OrderedJson array_schema(const OrderedJson& items, size_t least, size_t most) {
  return {{"type", "array"}, {"items", items}, {"minItems", least}, {"maxItems", most}};
}

OrderedJson string_schema(const std::string& description, size_t longest) {
  OrderedJson schema{{"type", "string"}, {"description", description}, {"minLength", 1}};
  if (longest) schema["maxLength"] = longest;
  return schema;
}

OrderedJson integer_schema(const std::string& description, int64_t least, int64_t most) {
  return {{"type", "integer"}, {"description", description}, {"minimum", least}, {"maximum", most}};
}

OrderedJson number_schema(const std::string& description, double least, double most) {
  return {{"type", "number"}, {"description", description}, {"minimum", least}, {"maximum", most}};
}

OrderedJson any_of(std::vector<OrderedJson> schemas) {
  return {{"anyOf", OrderedJson(std::move(schemas))}};
}

}  // namespace sensorium
