#pragma once
// Captions against references as the COCO evaluation counts them (Chen et al., "Microsoft COCO captions: data
// collection and evaluation server", 2015). Texts are tokenised before (ptb_tokenizer.h): tokens with single spaces
// between.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace sensorium {

/// One candidate and its references, at least one, for each item.
struct CaptionSet {
  std::vector<std::string> candidates;
  std::vector<std::vector<std::string>> references;
};

/// Throws InputError naming `operation` unless there is at least one item and each has a reference.
void require_captions(const CaptionSet& set, const std::string& operation);

/// A figure of the whole set, and of each item.
struct CorpusScore {
  double corpus = 0;
  std::vector<double> items;
};

/// BLEU-1 to 4 (Papineni et al., "BLEU: a method for automatic evaluation of machine translation", 2002) with the
/// closest reference length (the shorter of two as close), 1e-15 added to matches and 1e-9 to counts, as
/// pycocoevalcap has it. An item's figure is that of a set of one.
std::array<CorpusScore, 4> bleu(const CaptionSet& set);

/// What BLEU sums over items; the sums give the figure of any selection of them.
struct BleuCounts {
  std::array<int64_t, 4> right{}, counted{};  // n-grams of 1 to 4 words
  int64_t length = 0, reference_length = 0;
  void add(const BleuCounts& other);
  std::array<double, 4> bleu() const;
};
std::vector<BleuCounts> bleu_counts(const CaptionSet& set);

/// ROUGE-L (Lin, "ROUGE: a package for automatic evaluation of summaries", 2004) with the best precision and the best
/// recall over references, beta 1.2; words are what stands between single spaces. The mean over items.
CorpusScore rouge_l(const CaptionSet& set);

/// CIDEr, and CIDEr-D with clipped counts and a Gaussian over lengths, sigma 6 (Vedantam et al., "CIDEr:
/// consensus-based image description evaluation", 2015), times 10. What pycocoevalcap calls CIDEr is CIDEr-D. Document
/// frequencies are of the references; a set of one item scores 0. The mean over items.
CorpusScore cider(const CaptionSet& set);
CorpusScore cider_d(const CaptionSet& set);

}  // namespace sensorium
