#pragma once
// For readers of corpora: everything read from a source, and written as a manifest would.

#include "sensorium/base/json.h"
#include "sensorium/data/source.h"

#include <cstdlib>

namespace sensorium::fuzz {

/// Reads a source that `open` opens; each record must survive being written and read again.
template <class Open>
void read_source(const Open& open) {
  try {
    const Source source = open();
    Tally tally;
    source.read(
        [](Item&& item) {
          std::string json;
          append_json(json, item.record);
          const Record again = record_from_json(parse_json(json, "record"), "record");
          if (again.captions.size() != item.record.captions.size() ||
              again.objects.size() != item.record.objects.size())
            std::abort();
        },
        tally);
  } catch (const Error&) {
  }
}

}  // namespace sensorium::fuzz
