#pragma once
// What a filter kept and removed, as one HTML file that needs nothing else.

#include "sensorium/base/file.h"
#include "sensorium/base/json.h"

#include <map>
#include <string>
#include <vector>

namespace sensorium {

/// A caption as the filter saw it.
struct FilteredCaption {
  fs::path picture;
  std::string text, source;
  double match = 0;
};

/// Keeps the captions whose keys are smallest: with a hash of the caption as key, a sample without order that needs no
/// more memory than it has captions. Not thread-safe.
class CaptionSample {
 public:
  explicit CaptionSample(size_t size) : size_(size) {}
  void offer(uint64_t key, FilteredCaption caption);
  const std::multimap<uint64_t, FilteredCaption>& captions() const { return captions_; }

 private:
  size_t size_;
  std::multimap<uint64_t, FilteredCaption> captions_;
};

struct BootstrapPage {
  std::vector<std::pair<std::string, std::string>> facts;
  OrderedJson counts;  // source -> {"kept", "removed"}
  CaptionSample kept{0}, removed{0};
};

std::string render_bootstrap(const BootstrapPage& page);

}  // namespace sensorium
