#pragma once
// What a data set is like, as one HTML file that needs nothing else.

#include "sensorium/data/manifest.h"
#include "sensorium/data/profile.h"

namespace sensorium {

struct StatsPage {
  std::string title;
  std::vector<std::pair<std::string, std::string>> facts;
  Json header;  // the manifest's
  DataProfile profile;
  std::vector<std::pair<fs::path, std::string>> pictures;  // shown, each with what is said of it
};

/// The page: tiles, a table of corpora and splits, histograms, vocabularies, what was left out, pictures.
std::string render_stats(const StatsPage& page);

}  // namespace sensorium
