#pragma once
// What a request's JSON must look like. The same schema stands in the OpenAPI document and is what a body is held
// against, so that the document cannot say anything else than the server does.

#include "sensorium/base/json.h"

namespace sensorium {

/// Throws ApiError 400 "NAME: expected ..., got ..." with the field as `param` where `value` is not as the schema (a
/// subset of JSON Schema 2020-12: type, enum, properties, required, additionalProperties, items, minItems, maxItems,
/// minLength, maxLength, minimum, maximum, anyOf) says. `name` is the value's own name, "" for a whole body.
/// Thread-safe.
void check_schema(const OrderedJson& schema, const Json& value, const std::string& name = "");

/// A schema of an object of these properties, of which `required` must be there, and no others.
OrderedJson object_schema(const OrderedJson& properties, const std::vector<std::string>& required);
OrderedJson array_schema(const OrderedJson& items, size_t least, size_t most);
OrderedJson string_schema(const std::string& description, size_t longest = 0);
OrderedJson integer_schema(const std::string& description, int64_t least, int64_t most);
OrderedJson number_schema(const std::string& description, double least, double most);
OrderedJson any_of(std::vector<OrderedJson> schemas);

}  // namespace sensorium
