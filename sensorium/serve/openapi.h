#pragma once
// The OpenAPI 3.1 document of a table of routes.

#include "sensorium/serve/router.h"

namespace sensorium {

/// `keys`: whether requests need one.
OrderedJson openapi_document(const Router& router, const std::string& version, bool keys);

}  // namespace sensorium
