#pragma once
// Entities of XML, which drawing programs declare for namespaces.

#include <string>
#include <string_view>

namespace sensorium {

/// The root element of an XML document in UTF-8, with the internal general entities that it declares replaced by what
/// they stand for (XML 1.0, section 4.4) and without the declarations. External and parameter entities count as not
/// declared, so no other file is read. `name` stands in errors. Throws InputError for what is no well-formed document,
/// and for entities that grow beyond libxml2's limits. Thread-safe.
std::string without_entities(std::string_view bytes, std::string_view name);

}  // namespace sensorium
