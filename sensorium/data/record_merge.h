#pragma once
// Two records of one picture made one.

#include "sensorium/data/record.h"

namespace sensorium {

/// Adds what `from` says of the picture and `into` does not. Boxes are in pixels, so regions, objects and relations are
/// taken only from a record of the same size, and objects with relations only when `into` has none.
void merge_record(Record& into, Record&& from);

}  // namespace sensorium
