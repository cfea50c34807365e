#pragma once
// Texts that nearly equal an earlier one, among millions: MinHash with locality-sensitive hashing, then exact.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sensorium {

/// Texts one after another in one piece of memory. Not thread-safe while texts are added.
class TextArena {
 public:
  void add(std::string_view text) {
    bytes_ += text;
    ends_.push_back(bytes_.size());
  }
  size_t size() const { return ends_.size(); }
  std::string_view operator[](size_t i) const {
    const size_t begin = i ? ends_[i - 1] : 0;
    return std::string_view(bytes_).substr(begin, ends_[i] - begin);
  }

 private:
  std::string bytes_;
  std::vector<size_t> ends_;
};

/// What a text is the near copy of; its own index for one that is none.
struct NearCaption {
  uint32_t of = 0;
  float similarity = 1;  // Jaccard index of the two texts' shingles
};

/// For each text the first earlier text, itself kept, to which it is similar by at least `similarity` (0.3 to 1). Texts
/// are compared as sets of 4 characters in a row, after case, punctuation and white space are evened out. Candidates
/// are found by `rows` minima a band, with as many bands as give a pair at the threshold a chance of 1 - 1e-4 to be
/// looked at; every candidate is then compared exactly. The result does not depend on `threads` (0: one a processor).
/// Memory: about 120 bytes a text besides the arena. Throws UsageError for a similarity out of range. Source: Broder,
/// "On the resemblance and containment of documents", 1997; Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets",
/// section 3.4.
std::vector<NearCaption> near_captions(const TextArena& texts, double similarity, int threads = 0);

/// Jaccard index of the shingles of two texts, 0 to 1; 1 for two texts without any letter or digit.
double caption_similarity(std::string_view a, std::string_view b);

}  // namespace sensorium
