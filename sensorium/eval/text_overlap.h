#pragma once
// Figures of raw texts against references: sacreBLEU's BLEU and chrF, Google's ROUGE. They tokenise by themselves.

#include "sensorium/eval/caption_scores.h"

namespace sensorium {

/// How BLEU's texts are cut into words: mteval-v13a, its international form (punctuation and symbols of Unicode apart),
/// or as they stand.
enum class BleuWords { v13a, international, none };
std::vector<std::string> bleu_words(const std::string& text, BleuWords how);

/// In per cent (Post, "A call for clarity in reporting BLEU scores", 2018): exponential smoothing, closest reference
/// length.
struct BleuReport {
  double score = 0, brevity_penalty = 1;
  std::array<double, 4> precisions{};
  int64_t length = 0, reference_length = 0;
};
BleuReport sacre_bleu(const CaptionSet& set, BleuWords how = BleuWords::v13a, bool lower_case = false);
/// Of one text, with orders that it is too short for left out.
double sentence_bleu(const std::string& candidate, const std::vector<std::string>& references);

/// chrF2 with orders 1 to 6 without white space, in per cent (Popovic, "chrF: character n-gram F-score for automatic MT
/// evaluation", 2015); the reference with the best score counts.
double chrf(const CaptionSet& set);

struct OverlapFigures {
  double precision = 0, recall = 0, f1 = 0;
};
/// ROUGE-1, ROUGE-2 and ROUGE-L of one text, as rouge-score has them: words of a-z and 0-9 in lower case; with `stem`,
/// those of more than 3 letters by Porter's stems.
struct RougeFigures {
  OverlapFigures one, two, longest;
};
RougeFigures rouge_score(const std::string& candidate, const std::string& reference, bool stem = false);

}  // namespace sensorium
