#pragma once
// Corpora by the words of a command line.

#include "sensorium/base/options.h"
#include "sensorium/data/source.h"
#include "sensorium/data/table.h"

namespace sensorium {

/// What `data prepare` and `data clean` read.
struct SourceOptions {
  std::vector<std::string> sources;
  std::string images;
  std::vector<std::string> languages;
  std::string default_language = "en";
  TableColumns columns;
  int render_size = 256;
  bool region_captions = false;
  void describe(OptionSet& o);
};

/// Opens each word of `sources`: "builtin" (all three that follow), "tuxpaint", "openclipart", "emoji"; KIND:PATH, or a
/// path whose kind is told from its name and content. Kinds: see kSourceKinds in open_sources.cpp. Throws InputError or
/// UsageError when one cannot be opened.
std::vector<Source> open_sources(const SourceOptions& options);

}  // namespace sensorium
