#pragma once
// JSON of a request's body.

#include "sensorium/base/json.h"

#include <optional>
#include <string>

namespace sensorium {

constexpr int kDeepestBody = 32;  // nested arrays and objects

/// The value that `text` is; nothing where it is no JSON (RFC 8259) or, as `deep` then says, nests deeper than
/// kDeepestBody. Read by simdjson, since most of a body is the base64 of a picture, and only where that refuses it by
/// nlohmann's parser, whose value and verdict count. Thread-safe.
std::optional<Json> parse_json_body(const std::string& text, bool& deep);

}  // namespace sensorium
