#pragma once
// What a manifest's header says, for people.

#include "sensorium/base/json.h"

namespace sensorium {

/// object[key] as a count; 0 when there is none.
uint64_t header_number(const OrderedJson& object, const char* key);

/// Prints a line a corpus: pictures, captions, recordings, and pictures by split; and a line of all.
void print_manifest_sources(const OrderedJson& header);

/// Prints how many captions there are in each of the ten most common languages.
void print_manifest_languages(const OrderedJson& header);

/// Prints what was left out or noted, by reason, with an example of each.
void print_counted(const OrderedJson& header);

}  // namespace sensorium
